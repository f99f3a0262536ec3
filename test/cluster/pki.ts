import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A key and its certificate, as files and as text. */
export interface Identity {
  readonly keyFile: string;
  readonly certFile: string;
  readonly key: string;
  readonly cert: string;
}

const EC = ['-pkeyopt', 'ec_paramgen_curve:prime256v1'];

/** A certificate authority for one cluster, made with openssl. */
export class CertificateAuthority {
  readonly certFile: string;
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.certFile = join(dir, 'ca.crt');
    const files = ['-keyout', join(dir, 'ca.key'), '-out', this.certFile];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      ...EC,
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=ca',
      ...files,
    );
  }

  get cert(): string {
    return readFileSync(this.certFile, 'utf8');
  }

  /** @param subject - as openssl writes it: `/O=system:masters/CN=admin` */
  issue(name: string, subject: string, alternativeNames?: string): Identity {
    const file = (extension: string): string => join(this.#dir, `${name}.${extension}`);
    const [keyFile, certFile] = [file('key'), file('crt')];
    const request = ['-newkey', 'ec', ...EC, '-nodes', '-subj', subject];
    openssl('req', '-new', ...request, '-keyout', keyFile, '-out', file('csr'));
    const extensions = alternativeNames === undefined ? '' : `subjectAltName=${alternativeNames}\n`;
    writeFileSync(file('ext'), extensions);
    const authority = [
      '-CA',
      this.certFile,
      '-CAkey',
      join(this.#dir, 'ca.key'),
      '-CAcreateserial',
    ];
    const output = ['-days', '2', '-extfile', file('ext'), '-out', certFile];
    openssl('x509', '-req', '-in', file('csr'), ...authority, ...output);
    const [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
    return { keyFile, certFile, key, cert };
  }

  /** A bare key pair: what service account tokens are signed with. */
  keyPair(name: string): { readonly privateFile: string; readonly publicFile: string } {
    const [privateFile, publicFile] = [`${name}.key`, `${name}.pub`].map((file) =>
      join(this.#dir, file),
    ) as [string, string];
    openssl('genpkey', '-algorithm', 'EC', ...EC, '-out', privateFile);
    openssl('pkey', '-in', privateFile, '-pubout', '-out', publicFile);
    return { privateFile, publicFile };
  }
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

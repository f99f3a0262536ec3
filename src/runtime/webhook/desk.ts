import type { ResourceKind } from '../../config-crd/index.ts';
import type { Json } from '../kube/index.ts';
import type { Logger } from '../platform/ports.ts';
import {
  type AdmissionRequest,
  UnfitRequest,
  type Verdict,
  answerAdmission,
  readAdmissionReview,
} from './review/admission.ts';
import { answerConversion } from './review/conversion.ts';
import { type LegacyReviewOptions, reviewConfigMap } from './review/legacy.ts';
import { type ReviewFacts, reviewResource } from './review/resources.ts';

/** An answer over HTTP. */
export interface Reply {
  readonly code: number;
  readonly body: string;
  /** Plain text otherwise, which the API server repeats. */
  readonly json?: true;
}

/** Counts what the webhooks did. */
export interface WebhookObserver {
  /** @param kind - as in `IPAddressPool`; `ConfigMap` */
  reviewed(kind: string, verdict: 'allowed' | 'refused'): void;
  converted(outcome: 'converted' | 'refused'): void;
  /** Whether requests are answered. */
  serving(now: boolean): void;
  /** When the certificate ends, in seconds since 1970. */
  certificateExpires(at: number): void;
}

export interface DeskOptions {
  readonly legacy: LegacyReviewOptions;
  /** Resolves once enough is known to judge; `undefined` when that takes too long. */
  readonly facts: () => Promise<ReviewFacts | undefined>;
  readonly observer: WebhookObserver;
  readonly logger: Logger;
}

/** Paths and what is reviewed there. crd.md §2.10 */
const REVIEWS: ReadonlyMap<string, ResourceKind | 'ConfigMap'> = new Map([
  ['/validate-metallb-io-v1beta1-addresspool', 'AddressPool'],
  ['/validate-metallb-io-v1beta1-ipaddresspool', 'IPAddressPool'],
  ['/validate-metallb-io-v1beta1-l2advertisement', 'L2Advertisement'],
  ['/validate-metallb-io-v1beta1-bgpadvertisement', 'BGPAdvertisement'],
  ['/validate-metallb-io-v1beta1-community', 'Community'],
  ['/validate-metallb-io-v1beta1-bfdprofile', 'BFDProfile'],
  ['/validate-metallb-io-v1beta2-bgppeer', 'BGPPeer'],
  ['/validate-v1-configmap', 'ConfigMap'],
] as const);
const CONVERSION = '/convert';

/** Where requests come in and go to whoever decides. */
export class WebhookDesk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Answers a request. What does not belong here is told in a sentence that the API server passes on. */
  async answer(path: string, body: string): Promise<Reply> {
    try {
      if (path === CONVERSION) return this.#convert(parse(body));
      const kind = REVIEWS.get(path);
      if (kind === undefined) return { code: 404, body: 'there is no such webhook' };
      return await this.#review(kind, readAdmissionReview(parse(body)));
    } catch (error) {
      if (error instanceof UnfitRequest) return { code: 400, body: error.message };
      throw error;
    }
  }

  async #review(kind: string, request: AdmissionRequest): Promise<Reply> {
    const verdict = await this.#judge(kind, request);
    if (verdict === undefined) {
      const body = 'the webhook has not yet read what it judges by; try again in a few seconds';
      return { code: 500, body };
    }
    this.#tell(request, verdict);
    return asJson(answerAdmission(request, verdict));
  }

  async #judge(kind: string, request: AdmissionRequest): Promise<Verdict | undefined> {
    if (request.kind !== kind) {
      throw new UnfitRequest(`${kind} is reviewed here, and not ${request.kind}`);
    }
    if (kind === 'ConfigMap') return reviewConfigMap(request, this.#options.legacy);
    const facts = await this.#options.facts();
    return facts && reviewResource(request, facts);
  }

  #convert(review: Json): Reply {
    const { observer, logger } = this.#options;
    const { answer, refusal } = answerConversion(review);
    observer.converted(refusal === undefined ? 'converted' : 'refused');
    if (refusal !== undefined) logger.warn({ op: 'convert', error: refusal, msg: 'not converted' });
    return asJson(answer);
  }

  #tell({ kind, namespace, name, operation }: AdmissionRequest, verdict: Verdict): void {
    const { observer, logger } = this.#options;
    observer.reviewed(kind, verdict.kind);
    const fields = { op: 'review', kind, object: `${namespace}/${name}`, operation };
    if (verdict.kind === 'allowed') logger.debug({ ...fields, msg: 'allowed' });
    else logger.info({ ...fields, error: verdict.message, msg: 'refused' });
  }
}

function asJson(answer: Json): Reply {
  return { code: 200, body: JSON.stringify(answer), json: true };
}

function parse(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) throw new UnfitRequest('the request is not JSON');
    throw error;
  }
}

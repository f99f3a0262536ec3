import { type Json, identify, member, text } from '../../kube/index.ts';

/** What the API server asks about one write. */
export interface AdmissionRequest {
  /** Version of `admission.k8s.io` that was asked in, and is answered in. */
  readonly apiVersion: string;
  readonly uid: string;
  readonly operation: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** As it shall be; `undefined` for DELETE. */
  readonly object: Json;
  /** As it is; `undefined` for CREATE. */
  readonly oldObject: Json;
}

/** Whether a write may happen. Warnings are shown to whoever writes, whatever the verdict. */
export type Verdict =
  | { readonly kind: 'allowed'; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly message: string; readonly warnings: readonly string[] };

/** What was sent is not what this path is for. The message is what the API server shows. */
export class UnfitRequest extends Error {
  override readonly name = 'UnfitRequest';
}

const VERSIONS = ['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'];
/** The API server cuts longer warnings, and leaves out what goes beyond 4,096 octets in all. */
const LONGEST_WARNING = 250;
const MOST_WARNINGS = 12;

/** Reads an AdmissionReview. Throws {@link UnfitRequest}. */
export function readAdmissionReview(review: Json): AdmissionRequest {
  const apiVersion = text(member(review, 'apiVersion'));
  const request = member(review, 'request');
  const uid = text(member(request, 'uid'));
  if (!VERSIONS.includes(apiVersion) || member(review, 'kind') !== 'AdmissionReview') {
    throw new UnfitRequest(`an AdmissionReview of ${VERSIONS.join(' or ')} is expected here`);
  }
  if (uid === '') throw new UnfitRequest('the AdmissionReview has no request, or one without uid');
  const [object, oldObject] = [member(request, 'object'), member(request, 'oldObject')];
  const told = identify(object) ?? identify(oldObject);
  return {
    apiVersion,
    uid,
    operation: text(member(request, 'operation')),
    kind: text(member(member(request, 'kind'), 'kind')),
    namespace: text(member(request, 'namespace')) || (told?.namespace ?? ''),
    name: text(member(request, 'name')) || (told?.name ?? ''),
    object,
    oldObject,
  };
}

/** The AdmissionReview that answers; a refusal has the code that the original's has. */
export function answerAdmission({ apiVersion, uid }: AdmissionRequest, verdict: Verdict): Json {
  const allowed = verdict.kind === 'allowed';
  const shown = verdict.warnings.map(shortened).slice(0, MOST_WARNINGS);
  const response = {
    uid,
    allowed,
    ...(!allowed && { status: { code: 403, reason: 'Forbidden', message: verdict.message } }),
    ...(shown.length > 0 && { warnings: shown }),
  };
  return { apiVersion, kind: 'AdmissionReview', response };
}

function shortened(warning: string): string {
  const line = warning.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_WARNING ? `${line.slice(0, LONGEST_WARNING - 1)}…` : line;
}

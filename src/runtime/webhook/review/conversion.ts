import { type Conversion, convert } from '../../../config-crd/conversion/index.ts';
import { type Json, elements, member, text } from '../../kube/index.ts';
import { UnfitRequest } from './admission.ts';

/** Of the same shape. The original's CRDs list no v1, and a server that has them asks in v1beta1. */
const VERSIONS = ['apiextensions.k8s.io/v1', 'apiextensions.k8s.io/v1beta1'];

/** What is done with one object; {@link convert} unless a test has it otherwise. */
export type Converter = (object: Json, desiredAPIVersion: string) => Conversion;

/**
 * Answers a ConversionReview. All objects are converted or none: the API server takes no part of a list. crd.md §1.10
 *
 * @returns the answer, and for the log what was refused
 */
export function answerConversion(
  review: Json,
  converter: Converter = convert,
): { readonly answer: Json; readonly refusal?: string } {
  const request = member(review, 'request');
  const uid = text(member(request, 'uid'));
  const desired = text(member(request, 'desiredAPIVersion'));
  const version = text(member(review, 'apiVersion'));
  if (!VERSIONS.includes(version) || member(review, 'kind') !== 'ConversionReview') {
    throw new UnfitRequest(`a ConversionReview of ${VERSIONS.join(' or ')} is expected here`);
  }
  if (uid === '' || desired === '') {
    throw new UnfitRequest('the ConversionReview has no request, or one without uid or version');
  }
  const convertedObjects: Json[] = [];
  for (const object of elements(member(request, 'objects'))) {
    const conversion = converter(object, desired);
    if (conversion.kind === 'refused') {
      const refusal = `${nameOf(object)}: ${conversion.message}`;
      const result = { status: 'Failed', message: refusal };
      return { answer: answer(version, { uid, convertedObjects: [], result }), refusal };
    }
    convertedObjects.push(conversion.object);
  }
  return { answer: answer(version, { uid, convertedObjects, result: { status: 'Success' } }) };
}

function answer(apiVersion: string, response: Json): Json {
  return { apiVersion, kind: 'ConversionReview', response };
}

function nameOf(object: Json): string {
  const metadata = member(object, 'metadata');
  const [kind, name] = [text(member(object, 'kind')), text(member(metadata, 'name'))];
  return `${kind || 'object'} ${name}`.trim();
}

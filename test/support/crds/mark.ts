/** Whether a CRD is ours, by the annotation that says so. */
export function isOurDefinition(definition: unknown): boolean {
  const { metadata } = definition as { metadata?: { annotations?: Record<string, string> } };
  return metadata?.annotations?.['metal-lb.io/schema'] === 'v1';
}

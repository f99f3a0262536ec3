/** RFC 5880 §4.1, field Diag, in words for the log. */
const TEXTS: readonly string[] = [
  'no diagnostic',
  'control detection time expired',
  'echo function failed',
  'neighbor signaled session down',
  'forwarding plane reset',
  'path down',
  'concatenated path down',
  'administratively down',
  'reverse concatenated path down',
];

export function describeDiagnostic(diagnostic: number): string {
  return TEXTS[diagnostic] ?? `diagnostic ${diagnostic}`;
}

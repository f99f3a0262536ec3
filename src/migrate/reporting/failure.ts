/**
 * Why the command as a whole could not do its work, as a line of JSON.
 *
 * @param reason - one word: `usage`, `interrupted`, `unreadable`, `failed`
 */
export function failureLine(reason: string, message: string): string {
  return JSON.stringify({ error: { reason, message } });
}

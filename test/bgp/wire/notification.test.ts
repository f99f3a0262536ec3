import { describe, expect, test } from 'vitest';
import {
  describeNotification,
  encodeCommunication,
} from '../../../src/runtime/bgp/wire/notification/communication.ts';
import { notificationText } from '../../../src/runtime/bgp/wire/notification/text.ts';
import type { Notification } from '../../../src/runtime/bgp/wire/message.ts';
import { hex, toHex } from '../../support/bgp/octets.ts';

function cease(subcode: number, octets: Uint8Array): Notification {
  return { type: 'notification', code: 6, subcode, data: octets };
}

/** What the peer's operator says, as the log quotes it. */
function said(notification: Notification): string | undefined {
  return /: "(.*)"$/su.exec(describeNotification(notification))?.[1];
}

describe('what a code says', () => {
  test.each([
    [4, 0, 'Hold Timer Expired (unspecific)'],
    [2, 2, 'Bad peer AS'],
    [3, 11, 'Malformed AS_PATH'],
    [5, 3, 'Receive Unexpected Message in Established State'],
    [6, 3, 'Peer De-configured'],
    [6, 8, 'Out of Resources'],
  ])('%i/%i as the original said it', (code, subcode, text) => {
    expect(notificationText(code, subcode)).toBe(text);
  });

  test.each([
    [6, 9, 'Hard Reset'],
    [6, 10, 'BFD Down'],
    [7, 1, 'Invalid Message Length'],
  ])('%i/%i, which the original did not know', (code, subcode, text) => {
    expect(notificationText(code, subcode)).toBe(text);
  });

  test.each([
    [3, 7],
    [2, 5],
    [0, 0],
    [6, 255],
  ])('%i/%i is unknown', (code, subcode) => {
    expect(notificationText(code, subcode)).toBe('unknown code');
  });
});

describe('the shutdown communication', () => {
  test('is a length and UTF-8', () => {
    expect(toHex(encodeCommunication('até'))).toBe('046174c3a9');
    expect(said(cease(2, hex('04 6174c3a9')))).toBe('até');
    expect(said(cease(4, hex('04 6174c3a9')))).toBe('até');
  });

  test('is cut between two characters where it is longer than 255 octets', () => {
    const octets = encodeCommunication(`a${'é'.repeat(200)}`);
    expect(octets[0]).toBe(255);
    expect(said(cease(2, octets))).toBe(`a${'é'.repeat(127)}`);
    expect(encodeCommunication('é'.repeat(200))[0]).toBe(254);
  });

  test('cannot write to the terminal of who reads the log, nor begin another line of it', () => {
    const octets = encodeCommunication('a\nb\u001b[2J\u202e\u2028');
    expect(said(cease(2, octets))).toBe('a\\u{a}b\\u{1b}[2J\\u{202e}\\u{2028}');
  });

  test.each([
    ['is empty', cease(2, hex('00'))],
    ['is not there', cease(2, hex(''))],
    ['is shorter than it says', cease(2, hex('05 61'))],
    ['is longer than it says', cease(2, hex('01 6161'))],
    ['is not UTF-8', cease(2, hex('02 c328'))],
    ['is of a subcode that has none', cease(3, hex('01 61'))],
    ['is of a code that has none', { ...cease(2, hex('01 61')), code: 5 }],
  ])('that %s is nothing', (_, notification) => {
    expect(said(notification)).toBeUndefined();
  });
});

describe('a NOTIFICATION for people', () => {
  test('tells the communication', () => {
    expect(describeNotification(cease(2, hex('02 6869')))).toBe('Administrative Shutdown: "hi"');
    expect(describeNotification(cease(3, hex('')))).toBe('Peer De-configured');
  });

  test('tells the numbers of what has no name', () => {
    expect(describeNotification({ ...cease(255, hex('')), code: 9 })).toBe('unknown code 9/255');
    expect(describeNotification(cease(9, hex('0963')))).toBe('Hard Reset, unknown code 9/99');
  });

  test('tells what a hard reset is for, RFC 8538', () => {
    expect(describeNotification(cease(9, hex('0604 02 6869')))).toBe(
      'Hard Reset, Administrative Reset: "hi"',
    );
    expect(describeNotification(cease(9, hex('06')))).toBe('Hard Reset');
  });
});

import { expect, test } from 'vitest';
import { millis, seconds } from '../../../src/runtime/platform/ports.ts';
import { PEER_OPEN, PeeringScene, updateOf } from '../../support/bgp/peering-scene.ts';

const KEEPALIVE = { type: 'keepalive' } as const;

test('the first octets to a peer are those of the original', () => {
  const { session, dialer } = new PeeringScene();
  session.start();
  dialer.line.accept();
  expect(Buffer.from(dialer.line.written[0]!).toString('hex')).toBe(
    'ffffffffffffffffffffffffffffffff0031' +
      '0104fc00005a0a01020314021201040001000101040002000141040000fc00',
  );
});

test('a session comes up, is told of, and sends what there is', () => {
  const scene = new PeeringScene();
  const { session, dialer, outlet, clock, heard, logger } = scene;
  outlet.stock = [updateOf(23), updateOf(30)];
  scene.establish();
  clock.advance(millis(0));
  expect(session.state).toBe('established');
  expect(heard.states).toEqual(['connect', 'openSent', 'openConfirm', 'established']);
  expect(heard).toMatchObject({ isUp: true, updates: 2 });
  expect(outlet.told).toEqual(['established from 192.0.2.1, AS numbers of 4 octets']);
  expect(dialer.line.received.map(({ type }) => type).slice(0, 2)).toEqual(['open', 'keepalive']);
  expect(dialer.line.written.slice(2)).toEqual([updateOf(23), updateOf(30)]);
  expect(logger.lines).toEqual([
    { level: 'info', fields: { event: 'sessionUp', msg: 'BGP session established' } },
  ]);
});

test('a silent peer is given up when the hold time is over, and told so', () => {
  const scene = new PeeringScene();
  const { dialer, clock, heard, outlet, logger } = scene;
  scene.establish();
  const { line } = dialer;
  clock.advance(seconds(89));
  expect(heard.isUp).toBe(true);
  clock.advance(seconds(1));
  expect(heard.isUp).toBe(false);
  expect(line.received.at(-1)).toMatchObject({ type: 'notification', code: 4, subcode: 0 });
  expect(line.isEnded).toBe(true);
  expect(outlet.told.at(-1)).toBe('ended: nothing heard for 90 s');
  expect(logger.lines.at(-1)).toEqual({
    level: 'warn',
    fields: { event: 'sessionDown', reason: 'nothing heard for 90 s', msg: 'BGP session down' },
  });
});

test('a peer that speaks now and then is kept, and hears keepalives each third of the hold time or sooner', () => {
  const scene = new PeeringScene();
  const { dialer, clock, heard } = scene;
  scene.establish();
  for (let minute = 0; minute < 10; minute += 1) {
    clock.advance(seconds(60));
    dialer.line.say(KEEPALIVE);
  }
  const keepalives = dialer.line.received.filter(({ type }) => type === 'keepalive').length;
  expect(heard.isUp).toBe(true);
  expect(keepalives).toBeGreaterThanOrEqual(20);
  expect(keepalives).toBeLessThanOrEqual(28);
});

test('a NOTIFICATION of the peer is logged in the words of the original', () => {
  const scene = new PeeringScene();
  const { dialer, logger, session } = scene;
  scene.establish();
  const data = Uint8Array.of(4, ...Buffer.from('noon'));
  dialer.line.say({ type: 'notification', code: 6, subcode: 2, data });
  expect(logger.lines.slice(1)).toEqual([
    {
      level: 'error',
      fields: {
        event: 'peerNotification',
        error: 'got BGP notification code 0x0602 (Administrative Shutdown): "noon"',
        msg: 'peer sent notification, closing session',
      },
    },
    {
      level: 'warn',
      fields: {
        event: 'sessionDown',
        reason: 'Administrative Shutdown: "noon"',
        msg: 'BGP session down',
      },
    },
  ]);
  expect(session.lastError?.notification).toEqual({ code: 6, subcode: 2 });
});

test.each([
  ['that nobody answers', 'dial "192.0.2.9:179": connect: connection refused'],
  ['that cannot be made', `dial "192.0.2.9:179": Address "192.0.2.7" doesn't exist on this host`],
])('an attempt %s is logged as the original did', (_, reason) => {
  const { session, dialer, logger } = new PeeringScene();
  session.start();
  dialer.line.close(reason);
  expect(logger.lines).toEqual([
    { level: 'error', fields: { op: 'connect', error: reason, msg: 'failed to connect to peer' } },
  ]);
});

test('a peer that refuses the OPEN is quoted in the error of the attempt', () => {
  const { session, dialer, logger } = new PeeringScene();
  session.start();
  dialer.line.accept();
  dialer.line.say({ type: 'notification', code: 2, subcode: 2, data: new Uint8Array(0) });
  expect(logger.lines.at(-1)?.fields).toEqual({
    op: 'connect',
    error: 'got BGP notification code 0x0202 (Bad peer AS)',
    msg: 'failed to connect to peer',
  });
});

test('a peer that takes each call and hangs up is called again at once, and then ever later, up to two minutes', () => {
  const { session, dialer, clock, heard } = new PeeringScene();
  session.start();
  const calls: number[] = [];
  for (let call = 0; call < 14; call += 1) {
    calls.push(clock.now());
    dialer.line.accept();
    dialer.line.close('connection reset by peer');
    clock.advance(millis(clock.next! - clock.now()));
  }
  const waits = calls.slice(1).map((at, index) => (at - calls[index]!) / 1000);
  const least = [0, 1, 2, 4, 8, 16, 32, 64, 96, 96, 96, 96, 96];
  for (const [index, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(least[index]!);
    expect(wait).toBeLessThanOrEqual(least[index]! * 1.25);
  }
  expect(heard.waits.slice(0, 12)).toEqual(waits.slice(1));
});

test('a peer that accepts and resets is not called in a tight loop', () => {
  const scene = new PeeringScene();
  const { session, dialer, clock } = scene;
  session.start();
  const end = seconds(60);
  while (clock.now() < end) {
    scene.greet();
    expect(session.state).toBe('established');
    dialer.line.close('connection reset by peer');
    clock.advance(millis(clock.next! - clock.now()));
  }
  expect(dialer.lines.length).toBeLessThanOrEqual(8);
});

test('the last error stays until a session is up', () => {
  const scene = new PeeringScene();
  const { session, dialer, clock } = scene;
  session.start();
  dialer.line.close('connection refused');
  clock.advance(millis(0));
  expect(session).toMatchObject({ state: 'connect', lastError: { text: 'connection refused' } });
  scene.greet();
  expect(session.lastError).toBeUndefined();
});

test('a stop tells the peer why, and waits until that has left', async () => {
  const scene = new PeeringScene();
  const { session, dialer, clock, logger } = scene;
  scene.establish();
  const { line } = dialer;
  let isOver = false;
  const over = session
    .stop({ subcode: 'administrativeShutdown', reason: 'node drained' })
    .then(() => (isOver = true));
  expect(line.received.at(-1)).toMatchObject({ type: 'notification', code: 6, subcode: 2 });
  expect(Buffer.from(line.written.at(-1)!.subarray(22)).toString()).toBe('node drained');
  await Promise.resolve();
  expect(isOver).toBe(false);
  line.close('connection closed');
  await over;
  clock.advance(seconds(3600));
  expect(dialer.lines).toHaveLength(1);
  expect(clock.pending).toBe(0);
  expect(logger.lines).toHaveLength(1);
});

test('BFD ends a session at once', () => {
  const scene = new PeeringScene();
  const { session, dialer, heard } = scene;
  scene.establish();
  session.bfdDown();
  expect(heard.reasons).toMatchObject([{ kind: 'bfdDown' }]);
  expect(dialer.line.received.at(-1)).toMatchObject({ code: 6, subcode: 10 });
});

test('octets that are no BGP end the session with what RFC 4271 says of them', () => {
  const { session, dialer, heard } = new PeeringScene();
  session.start();
  dialer.line.accept();
  dialer.line.data(Buffer.from('HTTP/1.1 400 Bad Request\r\n'));
  expect(dialer.line.received.at(-1)).toMatchObject({ code: 1, subcode: 1 });
  expect(heard.reasons).toMatchObject([{ kind: 'sent', notification: { code: 1, subcode: 1 } }]);
});

test('what an earlier connection still tells is not believed', () => {
  const { session, dialer, clock } = new PeeringScene();
  session.start();
  const { line: first } = dialer;
  clock.advance(seconds(10));
  expect(dialer.lines).toHaveLength(2);
  first.accept();
  first.say(PEER_OPEN, KEEPALIVE);
  first.close('given up');
  expect(session.state).toBe('connect');
});

test('a peer that wants all routes again is given them', () => {
  const scene = new PeeringScene({
    capabilities: [{ kind: 'routeRefresh' }],
  });
  const { dialer, outlet } = scene;
  scene.session.start();
  dialer.line.accept();
  dialer.line.say({ ...PEER_OPEN, capabilities: [{ kind: 'routeRefresh' }] }, KEEPALIVE);
  dialer.line.say({ type: 'routeRefresh', afi: 1, safi: 1, subtype: 0 });
  expect(outlet.told.at(-1)).toBe('refresh ipv4');
});

test('a malformed UPDATE is counted each time and logged once', () => {
  const scene = new PeeringScene();
  const { dialer, heard, logger } = scene;
  scene.establish();
  // An ORIGIN of a value that there is not: the route counts as withdrawn. RFC 7606 §7.1
  const bad = Buffer.from(`${'ff'.repeat(16)}001d02000000044001016308c6`, 'hex');
  dialer.line.data(bad);
  dialer.line.data(bad);
  expect(heard.isUp).toBe(true);
  expect(heard.received).toBe(2);
  const told = logger.lines.filter(({ fields }) => fields['event'] === 'malformedUpdate');
  expect(told).toHaveLength(1);
  expect(heard.malformed).toBe(2);
});

test('an UPDATE that ends the session is counted as malformed, and what else ends it is not', () => {
  const scene = new PeeringScene();
  const { dialer, heard, clock } = scene;
  scene.establish();
  // Path attributes that are said to be longer than the message. RFC 7606 §4
  dialer.line.data(Buffer.from(`${'ff'.repeat(16)}001702000000ff`, 'hex'));
  expect(heard.reasons).toMatchObject([{ kind: 'sent', notification: { code: 3 } }]);
  expect(heard.malformed).toBe(1);
  clock.advance(seconds(2));
  dialer.line.accept();
  dialer.line.say(PEER_OPEN, KEEPALIVE);
  dialer.line.data(Buffer.alloc(19));
  expect(heard.reasons.at(-1)).toMatchObject({ kind: 'sent', notification: { code: 1 } });
  expect(heard.malformed).toBe(1);
});

test('what a peer said while this program was held up is read before the peer is called silent', () => {
  const scene = new PeeringScene();
  const { dialer, clock, heard } = scene;
  scene.establish();
  // Due at the same instant as the hold timer: both are found when the program goes on.
  clock.after(seconds(90), () => dialer.line.say(KEEPALIVE));
  clock.advance(seconds(90));
  expect(heard.isUp).toBe(true);
  clock.advance(seconds(90));
  expect(heard.reasons).toMatchObject([{ text: 'nothing heard for 90 s' }]);
});

test('an OPEN that came while this program was held up is read before the attempt is given up', () => {
  const { session, dialer, clock } = new PeeringScene();
  session.start();
  dialer.line.accept();
  clock.after(seconds(10), () => dialer.line.say(PEER_OPEN, KEEPALIVE));
  clock.advance(seconds(10));
  expect(session.state).toBe('established');
});

test('changes of a peer that leave its keepalive time alone do not put keepalives off', () => {
  const scene = new PeeringScene();
  const { session, dialer, clock } = scene;
  scene.establish();
  for (let change = 0; change < 6; change += 1) {
    clock.advance(seconds(10));
    session.changeKeepaliveTime(undefined);
  }
  const keepalives = dialer.line.received.filter(({ type }) => type === 'keepalive');
  // The first confirmed the OPEN.
  expect(keepalives.length).toBeGreaterThanOrEqual(3);
});

test('messages are counted as the connection takes them and as they come, whatever becomes of them', () => {
  const scene = new PeeringScene();
  const { dialer, heard, outlet, clock } = scene;
  outlet.stock = [Buffer.concat([updateOf(23), updateOf(30)])];
  scene.establish();
  clock.advance(millis(0));
  dialer.line.isWritable = false;
  outlet.stock = [updateOf(30)];
  scene.session.pull();
  clock.advance(seconds(60));

  // The keepalives of a minute before a peer that takes nothing are not sent.
  expect(heard.sent).toEqual(['open', 'keepalive', 'update', 'update', 'update']);
});

test('nothing is sent, nor counted, on a connection that has ended before all was read', () => {
  const scene = new PeeringScene();
  const { dialer, heard, clock } = scene;
  scene.establish();
  const before = [...heard.sent];
  // More than is read at once, so that the rest is read after the end; and it ends in what is no BGP.
  const keepalive = Buffer.from(`${'ff'.repeat(16)}001304`, 'hex');
  const rubbish = Buffer.alloc(19);
  dialer.line.data(Buffer.concat([...Array<Buffer>(1000).fill(keepalive), rubbish]));
  dialer.line.close('connection reset by peer');
  clock.advance(millis(10));

  expect(heard.reasons).toMatchObject([{ kind: 'sent', notification: { code: 1, subcode: 1 } }]);
  expect(heard.sent).toEqual(before);
});

test('the log names the numbers of a NOTIFICATION that has no name once', () => {
  const scene = new PeeringScene();
  scene.establish();
  scene.dialer.line.say({ type: 'notification', code: 9, subcode: 1, data: new Uint8Array() });
  expect(scene.heard.reasons).toMatchObject([{ kind: 'received', text: 'unknown code 9/1' }]);
  const told = scene.logger.lines.map(({ fields }) => fields['error']).filter(Boolean);
  expect(told).toEqual(['got BGP notification code 0x0901 (unknown code)']);
});

import { parseKeysRequest } from '../../../../../lambda/core/keys/parse-keys-request';

test.each([
  [{ action: 'maintain' }, { action: 'maintain' }],
  [{ action: 'rotate' }, { action: 'rotate', now: false }],
  [
    { action: 'rotate', now: false },
    { action: 'rotate', now: false },
  ],
  [
    { action: 'rotate', now: true },
    { action: 'rotate', now: true },
  ],
])('understands %j', (event, request) => {
  expect(parseKeysRequest(event)).toEqual(request);
});

test.each([
  undefined,
  null,
  'rotate',
  [],
  {},
  { action: 'Rotate' },
  { action: 'rotate', now: 'true' },
  { action: 'rotate', now: null },
  { action: 'rotate', immediately: true },
  { action: 'maintain', now: true },
  { source: 'aws.events', 'detail-type': 'Scheduled Event' },
])('refuses %j', (event) => {
  expect(parseKeysRequest(event)).toBeUndefined();
});

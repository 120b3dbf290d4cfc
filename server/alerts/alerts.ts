// Puts the alerts room together: use cases and the streams they poke.
import type { Store } from '#db/store.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { AlertDeps } from './deps.ts';
import { type AlertRoom, createAlertRoom } from './service.ts';
import { type AlertStreams, createAlertStreams } from './stream.ts';

export interface AlertRoomDeps extends Pick<AlertDeps, 'describeRule' | 'describeRequest' | 'timeline'> {
  gate: Gate;
  store: Pick<Store, 'reader' | 'settled'>;
  /** Operators' log. */
  onFault: (error: unknown) => void;
  heartbeatMs?: number;
}

export interface Alerts {
  room: AlertRoom;
  streams: AlertStreams;
}

export function createAlerts({ gate, store, onFault, heartbeatMs, ...words }: AlertRoomDeps): Alerts {
  const streams = createAlertStreams({
    reader: store.reader,
    settled: () => store.settled(),
    onFault,
    ...(heartbeatMs !== undefined && { heartbeatMs }),
  });
  return { streams, room: createAlertRoom({ gate, ...words, onChange: () => streams.poke() }) };
}

/** Claims: the browser's own reconnecting is left alone, a closed stream is tried anew ever more slowly and says so, and stopping is final. */
import { describe, expect, it, vi } from 'vitest';
import { follow, type Source } from './stream.ts';

class FakeSource extends EventTarget {
  readyState = 0;
  closed = false;
  close() {
    this.closed = true;
    this.readyState = 2;
  }
  fail(readyState: number) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
  tell(name: string, data: string) {
    this.dispatchEvent(new MessageEvent(name, { data }));
  }
}

function rig() {
  const sources: FakeSource[] = [];
  const waits: { ms: number; run: () => void; cancelled: boolean }[] = [];
  const heard = { link: vi.fn(), gap: vi.fn(), alert: vi.fn() };
  const stop = follow(
    '/stream',
    { events: { alert: heard.alert }, link: heard.link, gap: heard.gap },
    {
      open: () => {
        const source = new FakeSource();
        sources.push(source);
        return source as Source;
      },
      after: (ms, run) => {
        const wait = { ms, run, cancelled: false };
        waits.push(wait);
        return () => {
          wait.cancelled = true;
        };
      },
    },
  );
  return { sources, waits, heard, stop };
}

describe('following a stream', () => {
  it('hands on what can be read and nothing else', () => {
    const { sources, heard } = rig();
    sources[0]?.tell('alert', '{"level":"high"}');
    sources[0]?.tell('alert', 'not json');
    sources[0]?.tell('other', '{}');
    expect(heard.alert.mock.calls).toEqual([[{ level: 'high' }]]);
  });

  it('leaves a broken connection to the browser, which sends the last id', () => {
    const { sources, waits, heard } = rig();
    sources[0]?.dispatchEvent(new Event('open'));
    sources[0]?.fail(0);
    sources[0]?.dispatchEvent(new Event('open'));
    expect(waits).toEqual([]);
    expect(sources).toHaveLength(1);
    expect(heard.link.mock.calls.flat()).toEqual(['connecting', 'open', 'lost', 'open']);
    expect(heard.gap).not.toHaveBeenCalled();
  });

  it('tries a closed stream anew, slower each time, and says that something may be missing', () => {
    const { sources, waits, heard } = rig();
    for (let i = 0; i < 6; i++) {
      sources.at(-1)?.fail(2);
      waits.at(-1)?.run();
    }
    expect(waits.map(({ ms }) => ms)).toEqual([5000, 10000, 20000, 40000, 60000, 60000]);
    expect(heard.gap).not.toHaveBeenCalled();
    sources.at(-1)?.dispatchEvent(new Event('open'));
    expect(heard.gap).toHaveBeenCalledOnce();
  });

  it('stops for good', () => {
    const { sources, waits, heard, stop } = rig();
    sources[0]?.fail(2);
    stop();
    expect(waits[0]?.cancelled).toBe(true);
    const second = rig();
    second.stop();
    expect(second.sources[0]?.closed).toBe(true);
    second.sources[0]?.fail(2);
    expect(second.waits).toEqual([]);
    expect(heard.gap).not.toHaveBeenCalled();
  });
});

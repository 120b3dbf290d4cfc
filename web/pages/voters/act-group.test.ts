// Claims: whoever asks who looked at their record reads what each act was.
import { describe, expect, it } from 'vitest';
import { acts } from '../../../server/contract/acts.ts';
import { actGroup } from './act-group.ts';

describe('an access to a record', () => {
  it.each(Object.keys(acts).filter((act) => /^(voter|application|alert|audit|list|download)\./.test(act)))(
    '%s is said in words',
    (act) => {
      expect(actGroup(act)).not.toBe('other');
    },
  );
});

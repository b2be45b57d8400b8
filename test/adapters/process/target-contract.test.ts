import { describeTarget, type TargetHarness } from '../../contract/target-contract.ts';
import { TestPlace } from './support/local-place.ts';

describeTarget('local', async (): Promise<TargetHarness> => {
  const here = new TestPlace();
  return {
    target: here.target,
    open: () => here.open().target,
    remove: () => here.remove(),
    spec: ({ deadline, grace, container, ...job }) =>
      here.spec({
        ...job,
        ...(deadline === undefined ? {} : { jobSpec: { activeDeadlineSeconds: deadline } }),
        ...(grace === undefined ? {} : { pod: { terminationGracePeriodSeconds: grace } }),
        ...(container === undefined ? {} : { container }),
      }),
  };
});

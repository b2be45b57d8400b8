import { HereAndThere } from '../cluster/support/here-and-there.ts';
import { GROUP } from '../cluster/support/pytorch-job.ts';
import { describeRealGroup } from '../cluster/support/real-group.ts';

/* Stages on several machines by PyTorchJobs of the Kubeflow Training Operator v1, built from its published module. */

describeRealGroup(HereAndThere.ofFile(), {
  controller: 'training-operator',
  variant: 'pytorchjob',
  template: GROUP,
  names: ['master-0', 'worker-0', 'worker-1'],
  container: 'pytorch',
  third: 'worker-1 (node rank 2)',
});

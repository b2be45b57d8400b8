import { describe } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createHuggingFacePublisher } from '../../../src/adapters/huggingface/model-publisher.ts';
import { modelPublisherContract } from '../../contract/model-publisher-contract.ts';
import { ADA, hubOf } from '../../huggingface/hub-of.ts';

const patience = { clock: systemClock, seconds: 10, answerSeconds: 10, onWait: () => undefined };

describe('Hugging Face', () => {
  modelPublisherContract(async (context) => {
    const { hub, folder } = await hubOf(context);
    const publisher = createHuggingFacePublisher({ endpoint: hub.endpoint, token: ADA }, patience);
    return { publisher, user: 'ada', folder };
  });
});

describe('a mirror of Hugging Face, in pages and parts', () => {
  modelPublisherContract(async (context) => {
    const limits = { page: 2, multipart: 100_000, part: 70_000 };
    const { hub, folder } = await hubOf(context, { limits });
    hub.state.linksTo = 'https://huggingface.co';
    hub.state.tellsTagObjects = true;
    const publisher = createHuggingFacePublisher({ endpoint: `${hub.endpoint}/`, token: ` ${ADA}\n` }, patience);
    return { publisher, user: 'ada', folder };
  });
});

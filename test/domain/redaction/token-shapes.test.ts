import { describe, expect, test } from 'vitest';
import { hasToken, maskTokens } from '../../../src/domain/redaction/token-shapes.ts';

describe('what looks like a token', () => {
  test.each([
    ['hf_abcdefghijklmnop', 'hf_***'],
    ['token=ghp_0123456789abcdef,', 'token=ghp_***,'],
    ['github_pat_11ABCDEFG0abc', 'github_pat_***'],
    ['glpat-abcdefgh12345678', 'glpat-***'],
    ['AKIAIOSFODNN7EXAMPLE', 'AKIA***'],
    ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4', 'Bearer eyJ***'],
    [`sk-${'a1'.repeat(12)}`, 'sk-***'],
    [`nvapi-${'a1'.repeat(12)}`, 'nvapi-***'],
    [`npm_${'a1'.repeat(18)}`, 'npm_***'],
    [`hvs.${'a1'.repeat(12)}`, 'hvs.***'],
    ['glrt-abcdefgh12345678', 'glrt-***'],
    [`secret: whsec_${'aB+/'.repeat(11)}=.`, 'secret: whsec_***.'],
  ])('%s is masked', (text, masked) => {
    expect(hasToken(text)).toBe(true);
    expect(maskTokens(text)).toBe(masked);
  });

  test.each([
    'sk-learn-models',
    'hf_home',
    'npm_config_user_agent',
    'whsec_ and base64',
    'gloat-abcdefghijk',
    'the half_life',
    'eyJust.a.word',
    '',
  ])('%s is left', (text) => {
    expect(hasToken(text)).toBe(false);
    expect(maskTokens(text)).toBe(text);
  });
});

import { describe, expect, test } from 'vitest';
import { chooseProxy, isBypassed } from '../../../../../src/adapters/kubernetes/api/proxy/choose-proxy.ts';

describe('row 20: NO_PROXY, as Go reads it', () => {
  // server, NO_PROXY, reached without a proxy
  test.each([
    ['https://api.example.com', '', false],
    ['https://api.example.com', '*', true],
    ['https://api.example.com', 'other.com,*', true],
    ['https://api.example.com', 'example.com', true],
    ['https://api.example.com', 'EXAMPLE.com', true],
    ['https://API.example.com', ' example.com ', true],
    ['https://example.com', 'example.com', true],
    ['https://example.com', '.example.com', false],
    ['https://api.example.com', '.example.com', true],
    ['https://api.example.com', '*.example.com', true],
    ['https://example.com', '*.example.com', false],
    ['https://notexample.com', 'example.com', false],
    ['https://api.example.com', 'api.example.co', false],
    ['https://api.example.com', 'example.com:443', true],
    ['https://api.example.com', 'example.com:6443', false],
    ['https://api.example.com:6443', 'example.com:6443', true],
    ['https://api.example.com:6443', 'example.com', true],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://10.1.2.3:6443', '10.1.2.3:6443', true],
    ['https://10.1.2.3:6443', '10.1.2.3:443', false],
    ['https://10.1.2.3', '10.1.0.0/16', true],
    ['https://10.2.2.3', '10.1.0.0/16', false],
    ['https://10.2.2.3', '10.1.0.0/99', false],
    ['https://10.2.2.3', '10.1.0.0/', false],
    ['https://api.example.com', '0.0.0.0/0', false],
    ['https://[fd00::1]', 'fd00::/8', true],
    ['https://[fd00::1]', 'fd00:0::1', true],
    ['https://[fd00::1]:6443', '[fd00::1]:6443', true],
    ['https://[fd00::1]:6443', '[fd00::1]:443', false],
    ['https://[fd00::1]', '10.0.0.0/8', false],
    ['https://localhost:6443', '', true],
    ['https://127.0.0.1:6443', '', true],
    ['https://127.8.8.8', '', true],
    ['https://[::1]:6443', '', true],
    ['https://api.example.com', ',,:443,', false],
  ])('%s with %s: %s', (server, noProxy, expected) => {
    expect(isBypassed(new URL(server), noProxy)).toBe(expected);
  });
});

describe('row 20: the proxy', () => {
  const server = new URL('https://api.example.com:6443');

  // environment, the kubeconfig's proxy-url, what is chosen
  test.each([
    [{}, undefined, undefined],
    [{ HTTPS_PROXY: 'http://p:3128' }, undefined, 'http://p:3128/'],
    [{ https_proxy: 'http://p:3128' }, undefined, 'http://p:3128/'],
    [{ HTTPS_PROXY: 'http://a', https_proxy: 'http://b' }, undefined, 'http://a/'],
    [{ HTTPS_PROXY: '', https_proxy: 'http://b' }, undefined, 'http://b/'],
    [{ HTTPS_PROXY: 'p:3128' }, undefined, 'http://p:3128/'],
    [{ HTTPS_PROXY: 'socks5://p:1080' }, undefined, 'socks5://p:1080'],
    [{ HTTP_PROXY: 'http://p:3128' }, undefined, undefined],
    [{ ALL_PROXY: 'http://p:3128' }, undefined, undefined],
    [{ HTTPS_PROXY: 'http://p:3128', NO_PROXY: 'example.com' }, undefined, undefined],
    [{ HTTPS_PROXY: 'http://p:3128', no_proxy: 'example.com' }, undefined, undefined],
    [{ HTTPS_PROXY: 'http://p:3128', NO_PROXY: '*' }, 'http://own:1', 'http://own:1/'],
  ])('with %o and proxy-url %s is %s', (env, proxyUrl, expected) => {
    expect(chooseProxy(server, proxyUrl, env)?.href).toBe(expected);
  });

  test('of a plain server is another', () => {
    const env = { HTTP_PROXY: 'http://plain', HTTPS_PROXY: 'http://tls' };
    expect(chooseProxy(new URL('http://api.example.com'), undefined, env)?.href).toBe('http://plain/');
  });
});

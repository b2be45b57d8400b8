# shellcheck shell=bash disable=SC2154
# Sourced by node-init.sh: writes the settings of a node's services below $d/etc.
for cni_bin in /usr/lib/cni /opt/cni/bin; do [ ! -x "$cni_bin/host-local" ] || break; done
cat >"$d/etc/containerd.toml" <<TOML
version = 2
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "rig.local/pause:1"
  # Without CAP_SYS_RESOURCE (a sandbox) runc may not lower oom_score_adj to the -998 the kubelet asks for.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cni_bin"
    conf_dir = "$d/etc/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$d/etc/registries"
TOML
# The rig's registry, by its address and by a name that is the same in every rig.
for name in "$REGISTRY" registry.rig.local; do
  mkdir -p "$d/etc/registries/$name"
  cat >"$d/etc/registries/$name/hosts.toml" <<TOML
server = "http://$REGISTRY"
[host."http://$REGISTRY"]
  capabilities = ["pull", "resolve", "push"]
TOML
done
cat >"$d/etc/cni/10-rig.conflist" <<JSON
{"cniVersion": "1.0.0", "name": "rig", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$(pod_cidr "$i")"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/run/cni-ipam"}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
echo "nameserver $HOST_IP" >"$d/etc/resolv.conf"
cat >"$d/etc/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
cgroupRoot: /$P-$node
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $RIG/pki/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $RIG/pki/$node-serving.crt
tlsPrivateKeyFile: $RIG/pki/$node-serving.key
clusterDomain: cluster.local
clusterDNS: [$HOST_IP]
resolvConf: $d/etc/resolv.conf
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
# Else an image that was ever pulled from the registry could not be used under the name it was loaded by.
imagePullCredentialsVerificationPolicy: NeverVerify
syncFrequency: ${SYNC_FREQUENCY:-5s}
nodeStatusUpdateFrequency: 4s
containerLogMaxSize: ${LOG_MAX_SIZE:-10Mi}
containerLogMaxFiles: ${LOG_MAX_FILES:-5}
containerLogMonitorInterval: ${LOG_MONITOR_INTERVAL:-10s}
volumePluginDir: /run/volume-plugins
YAML
cat >"$d/etc/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $POD_CIDR
hostnameOverride: $node
clientConnection: {kubeconfig: $RIG/etc/proxy.kubeconfig}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
metricsBindAddress: 127.0.0.1:10249
YAML

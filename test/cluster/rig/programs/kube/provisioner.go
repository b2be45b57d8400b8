// Dynamic volumes of the test cluster: every claim becomes a folder on this machine's disk, which all nodes see.
// A loop over what the watches hold decides from the present state only, so nothing is lost by a stop at any moment.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const (
	provisionerName = "rig.local/folder"
	provisionedBy   = "pv.kubernetes.io/provisioned-by"
	selectedNode    = "volume.kubernetes.io/selected-node"
	// Of a storage class: its volumes may be used on every node at once (ReadWriteMany).
	shared = "shared"
	tick   = 200 * time.Millisecond
	// After a failure the same object is left alone for so long.
	pause = 5 * time.Second
)

// The names this program gives; nothing else is ever taken for a folder of ours.
var volumeName = regexp.MustCompile(`^pvc-[0-9a-f-]{36}$`)

type provisioner struct {
	client  kubernetes.Interface
	factory informers.SharedInformerFactory
	folder  string
	wait    map[string]time.Time
}

func provisionerCommand() *cobra.Command {
	var kubeconfig, folder string
	command := &cobra.Command{Use: "provisioner", SilenceUsage: true, RunE: func(*cobra.Command, []string) error {
		config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
		if err != nil {
			return err
		}
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return err
		}
		if !filepath.IsAbs(folder) {
			return fmt.Errorf("--folder must be an absolute path: %q", folder)
		}
		p := &provisioner{client, informers.NewSharedInformerFactory(client, 0), folder, map[string]time.Time{}}
		return p.run(context.Background())
	}}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the cluster")
	command.Flags().StringVar(&folder, "folder", "", "where the volumes' folders are made")
	return command
}

func (p *provisioner) run(ctx context.Context) error {
	core, storage := p.factory.Core().V1(), p.factory.Storage().V1()
	claims, volumes, classes := core.PersistentVolumeClaims().Lister(), core.PersistentVolumes().Lister(), storage.StorageClasses().Lister()
	p.factory.Start(ctx.Done())
	p.factory.WaitForCacheSync(ctx.Done())
	for range time.Tick(tick) {
		pending, err := claims.List(labels.Everything())
		if err != nil {
			return err
		}
		for _, claim := range pending {
			if claim.Status.Phase != corev1.ClaimPending || claim.Spec.VolumeName != "" || claim.Spec.StorageClassName == nil {
				continue
			}
			class, err := classes.Get(*claim.Spec.StorageClassName)
			if err == nil && class.Provisioner == provisionerName {
				p.try(string(claim.UID), func() error { return p.provision(ctx, claim, class) })
			}
		}
		made, err := volumes.List(labels.Everything())
		if err != nil {
			return err
		}
		for _, volume := range made {
			if volume.Status.Phase == corev1.VolumeReleased && volume.Annotations[provisionedBy] == provisionerName &&
				volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete && volume.DeletionTimestamp == nil {
				p.try(string(volume.UID), func() error { return p.remove(ctx, volume.Name) })
			}
		}
	}
	return nil
}

// try acts unless the same object has just been acted on: the watches show an action's result a moment later.
func (p *provisioner) try(key string, act func() error) {
	now := time.Now()
	if now.Before(p.wait[key]) {
		return
	}
	for old, until := range p.wait {
		if now.After(until) {
			delete(p.wait, old)
		}
	}
	p.wait[key] = now.Add(pause)
	if err := act(); err != nil {
		klog.ErrorS(err, "Failed, is tried again", "uid", key)
	}
}

func (p *provisioner) provision(ctx context.Context, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) error {
	waits := class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
	node := claim.Annotations[selectedNode]
	if waits && node == "" {
		delete(p.wait, string(claim.UID)) // nobody uses it yet
		return nil
	}
	isShared := class.Parameters[shared] == "true"
	if why := refusal(claim, class.Name, isShared); why != "" {
		return p.warn(ctx, claim, why)
	}
	name := "pvc-" + string(claim.UID)
	path := filepath.Join(p.folder, name)
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	// For any user, whatever the umask of this process: stages run under user ids nobody knows beforehand.
	if err := os.Chmod(path, 0o777); err != nil {
		return err
	}
	_, err := p.client.CoreV1().PersistentVolumes().Create(ctx, volumeFor(claim, class, name, path, node), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func refusal(claim *corev1.PersistentVolumeClaim, class string, isShared bool) string {
	if claim.Spec.VolumeMode != nil && *claim.Spec.VolumeMode == corev1.PersistentVolumeBlock {
		return fmt.Sprintf("class %q has no block volumes", class)
	}
	for _, mode := range claim.Spec.AccessModes {
		if !isShared && (mode == corev1.ReadWriteMany || mode == corev1.ReadOnlyMany) {
			return fmt.Sprintf("class %q has no %s volumes", class, mode)
		}
	}
	return ""
}

func volumeFor(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, name, path, node string) *corev1.PersistentVolume {
	// A "local" volume, not "hostPath": the kubelet applies fsGroup to it, as it does to a cloud's disk.
	where := corev1.NodeSelectorRequirement{Key: corev1.LabelOSStable, Operator: corev1.NodeSelectorOpIn, Values: []string{"linux"}}
	if class.Parameters[shared] != "true" {
		where.Key, where.Values = corev1.LabelHostname, []string{node}
	}
	policy := corev1.PersistentVolumeReclaimDelete
	if class.ReclaimPolicy != nil {
		policy = *class.ReclaimPolicy
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: provisionerName}},
		Spec: corev1.PersistentVolumeSpec{
			StorageClassName:              class.Name,
			PersistentVolumeReclaimPolicy: policy,
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: path}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{where}}},
			}},
		},
	}
}

func (p *provisioner) remove(ctx context.Context, name string) error {
	if !volumeName.MatchString(name) {
		return fmt.Errorf("volume %q has no name of ours", name)
	}
	if err := os.RemoveAll(filepath.Join(p.folder, name)); err != nil {
		return err
	}
	err := p.client.CoreV1().PersistentVolumes().Delete(ctx, name, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// warn says on the claim why it stays pending, where people and programs look for it.
func (p *provisioner) warn(ctx context.Context, claim *corev1.PersistentVolumeClaim, why string) error {
	now := metav1.Now()
	event := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: claim.Name + ".", Namespace: claim.Namespace},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
		},
		Type: corev1.EventTypeWarning, Reason: "ProvisioningFailed", Message: "failed to provision volume: " + why,
		Source: corev1.EventSource{Component: provisionerName}, FirstTimestamp: now, LastTimestamp: now, Count: 1,
	}
	p.wait[string(claim.UID)] = time.Now().Add(time.Minute)
	_, err := p.client.CoreV1().Events(claim.Namespace).Create(ctx, event, metav1.CreateOptions{})
	return err
}

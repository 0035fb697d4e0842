package node

import (
	"context"
	"log"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"

	"lab/internal/drain"
	"lab/internal/kubelet"
)

// Names of rules for what goes wrong between calls.
const (
	// installMethod is the installer's work during an upgrade.
	installMethod = "install"
	// bootMethod is a restart, which a rule delays, or fails with a message: the machine stays off.
	bootMethod = "boot"
)

// untilReboot lets the answer to a call reach its caller.
const untilReboot = 200 * time.Millisecond

// timeToDrain is how long a node waits for its pods to go.
const timeToDrain = 5 * time.Minute

// Version answers in maintenance mode too.
func (a *talosAPI) Version(context.Context, *emptypb.Empty) (*machine.VersionResponse, error) {
	a.node.mu.Lock()
	defer a.node.mu.Unlock()
	return &machine.VersionResponse{Messages: []*machine.Version{{
		Metadata: &common.Metadata{Hostname: a.node.disk.hostname()},
		Version:  &machine.VersionInfo{Tag: a.node.disk.system.Version, Sha: "simulated", Os: "linux", Arch: "amd64"},
		Platform: &machine.PlatformInfo{Name: "nocloud", Mode: "cloud"},
		Features: &machine.FeaturesInfo{Rbac: true},
	}}}, nil
}

// Upgrade installs another Talos and restarts, after it has answered. The node drains itself.
func (a *talosAPI) Upgrade(ctx context.Context, req *machine.UpgradeRequest) (*machine.UpgradeResponse, error) {
	wanted, err := a.node.upgrade(req.Image)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if err := a.node.upgradable(ctx); err != nil {
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	go func() {
		if err := a.node.drain(context.Background()); err != nil {
			log.Printf("the node was not drained: %v", err)
		}
		// An installer that fails leaves the Talos that was there, which is booted again.
		if rule := a.node.fault(installMethod); rule == nil {
			a.node.prepare(wanted)
		}
		a.node.restart()
	}()
	return &machine.UpgradeResponse{Messages: []*machine.Upgrade{{Ack: "Upgrade request received", ActorId: "simulated"}}}, nil
}

// Reboot restarts the machine, after it has answered.
func (a *talosAPI) Reboot(context.Context, *machine.RebootRequest) (*machine.RebootResponse, error) {
	go a.node.restart()
	return &machine.RebootResponse{Messages: []*machine.Reboot{{ActorId: "simulated"}}}, nil
}

// lifecycleAPI is how Talos is upgraded from 1.13 on: the installer's words come as they are said, and the caller reboots.
type lifecycleAPI struct {
	machine.UnimplementedLifecycleServiceServer
	node *Node
}

// Upgrade installs another Talos, which the next boot runs.
func (a *lifecycleAPI) Upgrade(req *machine.LifecycleServiceUpgradeRequest, stream grpc.ServerStreamingServer[machine.LifecycleServiceUpgradeResponse]) error {
	a.node.mu.Lock()
	minor, err := a.node.disk.system.minor()
	a.node.mu.Unlock()
	if err != nil || minor < 13 {
		return status.Error(codes.Unimplemented, "unknown service machine.LifecycleService")
	}
	said := func(progress *machine.LifecycleServiceInstallProgress) error {
		return stream.Send(&machine.LifecycleServiceUpgradeResponse{Progress: progress})
	}
	ended := func(code int32) error {
		return said(&machine.LifecycleServiceInstallProgress{Response: &machine.LifecycleServiceInstallProgress_ExitCode{ExitCode: code}})
	}
	message := func(text string) error {
		return said(&machine.LifecycleServiceInstallProgress{Response: &machine.LifecycleServiceInstallProgress_Message{Message: text}})
	}
	wanted, err := a.node.upgrade(req.GetSource().GetImageName())
	if err != nil {
		_ = message(err.Error())
		return ended(1)
	}
	if err := a.node.upgradable(stream.Context()); err != nil {
		_ = message(err.Error())
		return ended(1)
	}
	if rule := a.node.fault(installMethod); rule != nil {
		_ = message(rule.Message)
		return ended(1)
	}
	_ = message("installation of Talos " + wanted.Version + " complete")
	a.node.prepare(wanted)
	return ended(0)
}

// upgrade reads what is to be installed, if the installer would.
func (n *Node) upgrade(image string) (System, error) {
	wanted, err := installed(image)
	if err != nil {
		return System{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return wanted, wanted.upgradeableFrom(n.disk.system)
}

// prepare makes the next boot another Talos's.
func (n *Node) prepare(system System) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.disk.next = &system
}

// restart boots what is on the disk, once the answer to the call that asked for it has reached its caller.
func (n *Node) restart() {
	time.Sleep(untilReboot)
	n.mu.Lock()
	hardware, off := n.hardware, n.talos == nil
	n.mu.Unlock()
	if off {
		return
	}
	n.PowerOff()
	if rule := n.fault(bootMethod); rule != nil {
		time.Sleep(rule.delay())
		if rule.Message != "" {
			return
		}
	}
	_ = n.PowerOn(hardware)
}

// drain takes the node out of service, until its next boot. What people have cordoned stays so.
func (n *Node) drain(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, timeToDrain)
	defer stop()
	n.mu.Lock()
	running, name := n.kubernetes, n.disk.hostname()
	n.mu.Unlock()
	if running == nil || running.access() == nil {
		return nil
	}
	client, err := clientset.NewForConfig(running.access())
	if err != nil {
		return err
	}
	self, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !self.Spec.Unschedulable {
		if err := kubelet.MarkCordoned(ctx, client, name); err != nil {
			return err
		}
	}
	return drain.Node(ctx, client, name, timeToDrain)
}

// withdraw takes the node out of its cluster.
func (n *Node) withdraw(ctx context.Context) error {
	if err := n.drain(ctx); err != nil {
		return status.Error(codes.FailedPrecondition, "failed to drain: "+err.Error())
	}
	n.mu.Lock()
	_, hasEtcd := n.kubernetes.(*kubernetes)
	n.mu.Unlock()
	if !hasEtcd {
		return nil
	}
	return n.leave(ctx)
}

// SystemStat tells when the machine was booted last, by which callers see that it was.
func (a *talosAPI) SystemStat(context.Context, *emptypb.Empty) (*machine.SystemStatResponse, error) {
	a.node.mu.Lock()
	defer a.node.mu.Unlock()
	return &machine.SystemStatResponse{Messages: []*machine.SystemStat{{BootTime: a.node.booted}}}, nil
}

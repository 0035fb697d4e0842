// Package process runs the programs of a simulated node.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const pauseBeforeRestart = time.Second

// Process is a program that runs until it is stopped: when it ends by itself it is started again, as a node does with its
// services. It never outlives this program, however this one ends.
type Process struct {
	stop context.CancelFunc
	done chan struct{}
}

// Start runs a program; what it writes is added to the file `log`.
func Start(program string, args []string, log string) (*Process, error) {
	if _, err := os.Stat(program); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		return nil, err
	}
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &Process{stop, make(chan struct{})}
	go p.run(ctx, program, args, output)
	return p, nil
}

// Stop ends the program at once, as a power cut would, and waits until it is gone.
func (p *Process) Stop() {
	p.stop()
	<-p.done
}

func (p *Process) run(ctx context.Context, program string, args []string, output *os.File) {
	defer close(p.done)
	defer output.Close() //nolint:errcheck
	// The kernel sends Pdeathsig when the thread that made the child ends, not the program: https://go.dev/issue/27505
	runtime.LockOSThread()
	for {
		command := exec.CommandContext(ctx, program, args...)
		command.Dir = filepath.Dir(output.Name())
		command.Stdout, command.Stderr = output, output
		// A group of its own: Ctrl-C in a terminal is for whoever runs the node.
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
		err := command.Run()
		if ctx.Err() != nil {
			return
		}
		_, _ = fmt.Fprintf(output, "%s ended (%v) and is started again\n", filepath.Base(program), err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pauseBeforeRestart):
		}
	}
}

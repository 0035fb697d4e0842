// Command validate reads a machine configuration on standard input and exits with 0 when a node of the Talos version it is
// built with accepts it, and prints its warnings; otherwise it prints why and exits with 1. One module file for each Talos minor pins that version:
//
//	go build -modfile=talos-1.13.mod .
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"validate/check"
)

func main() {
	disk := flag.String("disk", "/dev/sda", "`path` of the node's disk")
	flag.Parse()
	text, err := io.ReadAll(os.Stdin)
	var warnings []string
	if err == nil {
		_, warnings, err = check.Configuration(text, *disk)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, warning := range warnings {
		fmt.Println(warning)
	}
}

// Command compose-config reads a Compose file as Docker Compose does and prints the resolved model as JSON:
// `docker compose config --format json` without Docker. Arguments: the file, then the profiles.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: compose-config FILE [PROFILE...]"))
	}
	options, err := cli.NewProjectOptions(
		os.Args[1:2],
		cli.WithOsEnv,
		cli.WithProfiles(os.Args[2:]),
		cli.WithConsistency(true),
	)
	if err != nil {
		fail(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		fail(err)
	}
	json, err := project.MarshalJSON()
	if err != nil {
		fail(err)
	}
	fmt.Println(string(json))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

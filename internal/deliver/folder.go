package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"daesa/internal/hint"
	"daesa/internal/wholefile"
)

// folder is a folder that somebody else made, such as a mounted volume.
type folder struct{ path string }

// openFolder refuses a folder that is not there: it may be a volume that is not
// mounted, and then a copy in its place would be seen by nobody.
func openFolder(path string) (Place, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, hint.New("the folder does not exist", "make it, or mount the volume that belongs there")
	case err != nil:
		return nil, hint.Errorf("give this user the right to write there", "the folder cannot be looked at: %w", err)
	case !info.IsDir():
		return nil, hint.New("it is no folder", "name a folder")
	}
	return folder{path}, nil
}

// Put copies whole or not at all. The copy is for the folder's group, too (mode
// 0640): people read it there who are not the program's user. A volume whose
// server is gone holds whoever writes to it; it is waited for so long as for any
// other place.
func (f folder) Put(ctx context.Context, file string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- f.put(ctx, file) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		err = errors.New("the folder does not answer")
	}
	if err != nil {
		return hint.Errorf("see that the folder can be written and has room", "copying %s: %w", filepath.Base(file), err)
	}
	return nil
}

const forTheGroup = 0o640

func (f folder) put(ctx context.Context, file string) error {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := wholefile.Create(filepath.Join(f.path, filepath.Base(file)))
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err == nil {
		err = to.Chmod(forTheGroup)
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return errors.Join(fmt.Errorf("writing: %w", err), to.Discard())
	}
	return to.Commit()
}

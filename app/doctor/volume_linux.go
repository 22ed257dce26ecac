package doctor

import "syscall"

// networkVolumes are the file systems on which SQLite's locks do not hold
// (linux/magic.h).
var networkVolumes = map[int64]string{
	0x6969: "NFS", 0x517B: "SMB", 0xFF534D42: "CIFS", 0xFE534D42: "SMB", 0x00C36400: "Ceph", 0x5346414F: "AFS", 0x6B414653: "AFS",
	0x01021997: "9p", 0x0BD00BD0: "Lustre", 0x7461636F: "OCFS2", 0x01161970: "GFS2", 0x47504653: "GPFS", 0x73757245: "Coda",
}

// networkVolume names the network file system on which a folder lies, "" for
// none that is known.
func networkVolume(folder string) string {
	var about syscall.Statfs_t
	if syscall.Statfs(folder, &about) != nil {
		return ""
	}
	return networkVolumes[int64(about.Type)&0xFFFFFFFF] //nolint:unconvert // 32 bits on other machines
}

// freeSpace gives how many bytes may still be written where a folder lies.
func freeSpace(folder string) (bytes int64, known bool) {
	var about syscall.Statfs_t
	if syscall.Statfs(folder, &about) != nil {
		return 0, false
	}
	return int64(about.Bavail) * int64(about.Bsize), true //nolint:gosec,unconvert // no volume has that many blocks; 32 bits on other machines
}

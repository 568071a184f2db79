//! Small file systems that fill up or lose their power. Both need root.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A mounted file system, gone with the test.
pub(crate) struct Mount {
    at: TempDir,
    image: Option<PathBuf>,
}

impl Mount {
    /// A tmpfs of this size; none where that is not allowed.
    pub(crate) fn tmpfs(kib: u32) -> Option<Self> {
        let at = tempfile::tempdir().expect("a directory");
        let size = format!("size={kib}k");
        did("mount", &["-t", "tmpfs", "-o", &size, "chat-test", text(at.path())])
            .then_some(Self { at, image: None })
    }

    /// An ext4 in a file, on a loop device; none where that is not allowed.
    pub(crate) fn ext4(home: &Path) -> Option<Self> {
        let (at, image) = (tempfile::tempdir().expect("a directory"), home.join("disk.img"));
        let file = std::fs::File::create(&image).expect("a file");
        file.set_len(64 << 20).expect("a sparse file");
        let mount = Self { at, image: Some(image.clone()) };
        (did("mkfs.ext4", &["-q", text(&image)]) && mount.mount()).then_some(mount)
    }

    fn mount(&self) -> bool {
        let image = self.image.as_ref().expect("it has one");
        did("mount", &["-o", "loop", text(image), text(self.at.path())])
    }

    pub(crate) fn path(&self) -> &Path {
        self.at.path()
    }

    /// Gives a tmpfs another size.
    pub(crate) fn resize(&self, kib: u32) {
        let size = format!("remount,size={kib}k");
        assert!(did("mount", &["-o", &size, text(self.path())]));
    }

    /// Nothing that was not synced reaches the disk any more, the file system's own journal neither. `last` runs just
    /// before: a commit on its way at that moment may seem to succeed, where a machine without power says nothing.
    pub(crate) fn cut_power(&self, last: impl FnOnce()) -> bool {
        let mut command = Command::new("python3");
        command.args(["-c", SHUTDOWN, text(self.path())]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut knife) = command.spawn() else { return false };
        let ready = knife.stdout.as_mut().map(|out| out.read(&mut [0]));
        last();
        drop(knife.stdin.take());
        matches!(ready, Some(Ok(1))) && knife.wait().is_ok_and(|status| status.success())
    }

    /// The power comes back: the file system finds itself as the cut left it.
    pub(crate) fn restore_power(&self) {
        assert!(did("umount", &[text(self.path())]), "somebody uses it still");
        assert!(self.mount());
    }
}

/// `FS_IOC_SHUTDOWN` with `FS_SHUTDOWN_FLAGS_NOLOGFLUSH` (linux/fs/ext4/ext4.h).
const SHUTDOWN: &str = "import fcntl, os, struct, sys
disk = os.open(sys.argv[1], os.O_RDONLY)
print(flush=True)
sys.stdin.read()
fcntl.ioctl(disk, 0x8004587d, struct.pack('I', 2))";

impl Drop for Mount {
    fn drop(&mut self) {
        did("umount", &["--lazy", text(self.path())]);
    }
}

fn did(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

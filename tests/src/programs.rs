//! The programs under test: where they are, built if need be, and run to their end.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::SystemTime,
};

use crate::feed::Feed;

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A command that runs one of the workspace's programs, untouched by the environment of the tests.
#[must_use]
pub fn command(program: &str) -> Command {
    let mut command = Command::new(built(program));
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CHAT_"))
    {
        command.env_remove(name);
    }
    command
}

/// Runs one of the workspace's programs to its end.
pub fn run<A: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = A>) -> Ended {
    finish(command(program).args(args), "")
}

/// Runs a command to its end, fed with `input`.
///
/// # Panics
/// When it does not start or does not end in time.
#[track_caller]
pub fn finish(command: &mut Command, input: &str) -> Ended {
    let (stdin, stdout, stderr) = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    let mut child =
        command.stdin(stdin).stdout(stdout).stderr(stderr).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    // Whether it reads everything is its own business.
    thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let stdout = Feed::new(Vec::new(), child.stdout.take().expect("piped"));
    let stderr = Feed::new(Vec::new(), child.stderr.take().expect("piped"));
    let (stdout, stderr) = (stdout.end(), stderr.end());
    Ended { code: reap(&mut child).code(), stdout, stderr }
}

/// Takes the exit code of a child that has closed its output.
pub(crate) fn reap(child: &mut Child) -> ExitStatus {
    child.wait().expect("a child of this process")
}

/// Sends a signal by its name.
///
/// # Panics
/// When there is no such process any more.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status();
    assert!(sent.expect("a shell").success(), "process {pid} is gone");
}

/// The program, built if it is missing or older than its sources.
pub(crate) fn built(program: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.entry(program.to_owned()).or_insert_with(|| find_or_build(program)).clone()
}

fn find_or_build(program: &str) -> PathBuf {
    let directory = profile_directory();
    let path = directory.join(program).with_extension(env::consts::EXE_EXTENSION);
    if changed(&path).is_none_or(|built| built < newest_source(program)) {
        build(program, &directory);
    }
    assert!(path.exists(), "cargo built {program}, but not to {}", path.display());
    path
}

/// `target/debug`, say: programs stand there, and tests in `target/debug/deps`.
fn profile_directory() -> PathBuf {
    let own = env::current_exe().expect("a program knows its file");
    let directory = own.parent().expect("a file stands in a directory");
    let profile = if directory.ends_with("deps") { directory.parent() } else { Some(directory) };
    profile.expect("cargo's layout of directories").to_owned()
}

fn build(program: &str, directory: &Path) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "-p", program, "--manifest-path"])
        .arg(workspace().join("Cargo.toml"));
    if directory.ends_with("release") {
        command.arg("--release");
    }
    command.arg("--target-dir").arg(directory.parent().expect("it stands in the target directory"));
    assert!(command.status().expect("cargo runs").success(), "{program} does not build");
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests stand in the workspace")
}

fn newest_source(program: &str) -> SystemTime {
    ["chat-proto/src", "chat-proto/tcp/src", "Cargo.toml", program]
        .map(|path| newest(&workspace().join(path)))
        .into_iter()
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

fn newest(path: &Path) -> SystemTime {
    let own = if path.is_file() { changed(path) } else { None };
    let below =
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| newest(&entry.path()));
    below.chain(own).max().unwrap_or(SystemTime::UNIX_EPOCH)
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

//! Writing in `$VISUAL` or `$EDITOR`.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::clock;

/// Lets the user edit a text; `None` if the editor failed.
///
/// # Errors
/// When there is no file or no editor to be had.
pub fn edit(text: &str) -> io::Result<Option<String>> {
    let path = scratch(text)?;
    let edited =
        run(&path).and_then(|done| if done { fs::read(&path).map(Some) } else { Ok(None) });
    fs::remove_file(&path)?;
    Ok(edited?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The words are of a private nature: only the user can read the file.
fn scratch(text: &str) -> io::Result<PathBuf> {
    let dir = env::var_os("XDG_RUNTIME_DIR").map_or_else(env::temp_dir, PathBuf::from);
    let path = dir.join(format!("chat-{:016x}.md", clock::entropy()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path)
}

/// By the shell, as `$EDITOR` may hold arguments.
fn run(path: &Path) -> io::Result<bool> {
    let editor = env::var("VISUAL").or_else(|_| env::var("EDITOR")).unwrap_or_else(|_| "vi".into());
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("sh")
        .arg(path)
        .status()?;
    Ok(status.success())
}

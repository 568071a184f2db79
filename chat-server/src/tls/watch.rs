//! Notices that the operator's files have changed.
//!
//! It looks at them now and then instead of being told by the system: that works on every file system, through links
//! that are swapped, and for directories that a container mounts.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{Pair, Source};
use crate::conn::Shared;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What tells one version of a file from another: when it was changed, its number, its bytes.
type Stamp = Option<(SystemTime, u64, u64)>;
/// Of the certificate's file and the key's.
pub(super) type Stamps = [Stamp; 2];

/// Loads the files anew when they have changed and then stayed the same for one look: both are meant to be written.
pub(crate) async fn watch(shared: Arc<Shared>) {
    let Some(mut loaded) = shared.tls.first else { return };
    let mut before = loaded;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(now) = stamps(shared.tls.source()) else { return };
        if now != loaded && now == before {
            loaded = now;
            shared.tls.renew();
        }
        before = now;
    }
}

/// None where the operator has named no files.
pub(super) fn stamps(source: &Source) -> Option<Stamps> {
    let Source::Files(Pair { certificate, key }) = source else { return None };
    Some([certificate, key].map(|path| stamp(path)))
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.ino(), file.len()))
}

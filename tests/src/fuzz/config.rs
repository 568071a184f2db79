//! Configuration files: they are read, or what is wrong is said in one line.

use chat_server::config::Options;

pub(super) fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match Options::parse(text) {
        Ok(options) => decide(options),
        Err(message) => {
            assert!(message.starts_with("line ") && !message.contains('\n'), "{message}")
        }
    }
}

fn decide(options: Options) {
    // Names of machines would be asked of the network.
    let options = Options { listen: None, tls_listen: None, ..options };
    match options.or(Options::default()).decide() {
        Ok(config) => assert!(config.connections_max > 0 && config.settings.rooms_max > 0),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let files = [
        "listen = ['127.0.0.1:1']\nrooms_max = 7\ndata = '/srv'\nlobby = '#lobby'\nsync = 'full'\n",
        "ephemeral = true\nproxy_from = ['10.0.0.0/8']\ndead_secs = 9\nlog = 'info'\n",
        "[retention]\nage = '90d'\nsize = '100MiB'\n[retention.rooms.'#ops']\nage = 'none'\n",
        "connections_max = 0\nrequests_per_sec = 4294967295\ngrace_secs = 4294967295\n",
    ];
    files.map(|file| file.as_bytes().to_vec()).into()
}

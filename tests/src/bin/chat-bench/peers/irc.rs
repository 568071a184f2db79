//! IRC servers without their throttles.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::process::{Process, Site};

pub(super) fn ngircd(program: &Path, site: Site) -> Result<Process> {
    let config = format!(
        "[Global]\nName = irc.bench.test\nInfo = bench\nAdminInfo1 = bench\nListen = 127.0.0.1\nPorts = {}\n\
         [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxPenaltyTime = 0\n\
         PingTimeout = 3600\nPongTimeout = 3600\n\
         [Options]\nDNS = no\nIdent = no\nPAM = no\n",
        site.port
    );
    let mut command = Command::new(program);
    command.arg("--nodaemon").arg("--config").arg(site.write("ngircd.conf", &config)?);
    site.start(&mut command)
}

pub(super) fn inspircd(program: &Path, site: Site) -> Result<Process> {
    let directory = site.path().display();
    let config = format!(
        r#"<server name="irc.bench.test" description="bench" network="bench" id="00A">
<admin name="bench" nick="bench" email="bench@bench.test">
<bind address="127.0.0.1" port="{}" type="clients">
<connect name="all" allow="*" timeout="600" pingfreq="3600" hardsendq="1073741824" softsendq="1073741824"
  recvq="1073741824" threshold="1000000" commandrate="1000000000" fakelag="no" maxchans="1000" limit="65536"
  localmax="65536" globalmax="65536" resolvehostnames="no" useident="no">
<performance somaxconn="4096" softlimit="65536" clonesonconnect="no">
<path datadir="{directory}" logdir="{directory}" runtimedir="{directory}">
<pid file="{directory}/inspircd.pid">
<log method="file" type="*" level="error" target="{directory}/inspircd.log">
"#,
        site.port
    );
    let mut command = Command::new(program);
    command
        .args(["--nofork", "--runasroot", "--config"])
        .arg(site.write("inspircd.conf", &config)?);
    site.start(&mut command)
}

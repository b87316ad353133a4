//! `pointsman demo`: everything on this machine.

use pointsman_demo::session::{Address, Event, Options, Session, SessionError};
use pointsman_gateway::RunError;
use serde_json::json;

use crate::args::{Demo, Format};
use crate::exit::{Exit, undecided};
use crate::{gateway, output};

/// Runs the demo until it is told to stop.
pub(crate) fn run(arguments: &Demo) -> Exit {
    if std::env::var_os("RUST_LOG").is_some() {
        gateway::start_log(Format::Human);
    }
    let options = Options { folder: arguments.dir.clone(), listen: arguments.listen, admin: arguments.admin };
    let session = match Session::start(&options) {
        Ok(session) => session,
        Err(error) => return failed(&error),
    };
    let address = session.address();
    match arguments.format {
        Format::Human => output::data(&welcome(address)),
        Format::Json => output::data(&format!("{}\n", facts(address))),
    }
    match session.follow(&mut |event| output::remark(&said(event))) {
        Ok(()) => Exit::Clean,
        Err(error) => undecided(&error),
    }
}

fn failed(error: &SessionError) -> Exit {
    match error {
        SessionError::Broken(_) => {
            output::remark(error);
            Exit::Findings
        }
        SessionError::Gateway(RunError::AddressInUse { .. }) => undecided(&format!(
            "{error}\n\nhint: `--listen 127.0.0.1:0 --admin 127.0.0.1:0` takes free ports"
        )),
        _ => undecided(error),
    }
}

fn facts(address: &Address) -> serde_json::Value {
    json!({
        "base_url": address.base_url,
        "key": address.key,
        "admin_url": address.admin_url,
        "upstream_url": address.upstream_url,
        "dir": address.folder.display().to_string(),
        "snapshots": address.snapshots.display().to_string(),
    })
}

fn welcome(address: &Address) -> String {
    let Address { base_url, key, admin_url, upstream_url, folder, snapshots } = address;
    let root = base_url.trim_end_matches("/v1");
    format!(
        "\
Pointsman is serving {folder}.
Edit a file there and save it, and routing changes within a second.

  base URL   {base_url}
  key        {key}
  status     {admin_url}/status
  upstream   {upstream_url} (plays every provider; its answers say which)
  snapshots  {snapshots}

Ask as a client of OpenAI, Anthropic or Google does. The policy decides who answers:

  curl {base_url}/chat/completions \\
    -H 'Authorization: Bearer {key}' \\
    -d '{{\"model\": \"gpt-4o\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'

  curl {base_url}/messages \\
    -H 'x-api-key: {key}' \\
    -d '{{\"model\": \"gpt-4o\", \"max_tokens\": 500, \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'

  curl {root}/v1beta/models/gpt-4o:generateContent \\
    -H 'x-goog-api-key: {key}' \\
    -d '{{\"contents\": [{{\"role\": \"user\", \"parts\": [{{\"text\": \"Hello\"}}]}}]}}'

Make OpenAI fail, and then Anthropic, too. Ask again: others take over, in protocols of their own, and clients see no change:

  curl -X PUT {upstream_url}/control/openai -d '{{\"fault\": \"500\"}}'
  curl -X PUT {upstream_url}/control/anthropic -d '{{\"fault\": \"529\"}}'

Ctrl-C ends it.
",
        folder = folder.display(),
        snapshots = snapshots.display(),
    )
}

fn said(event: &Event) -> String {
    match event {
        Event::Published { generation, snapshot } => {
            format!(
                "generation {generation} is served, snapshot {}…",
                &snapshot.to_string().get(..12).unwrap_or_default()
            )
        }
        Event::Unchanged => "saved; no decision and no line changed".to_owned(),
        Event::Mended => "the policy is whole again, and it is the one that is served".to_owned(),
        Event::Broken { findings } => format!("{findings}\nThe last good snapshot is still served."),
        Event::Warnings { findings } => findings.clone(),
        Event::Failed { error } => format!("error: {error}\nThe last good snapshot is still served."),
        Event::PollingOnly { reason } => {
            format!("no file notifications ({reason}): looking every 30 seconds")
        }
    }
}

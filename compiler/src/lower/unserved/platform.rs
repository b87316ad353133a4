//! What the platform alone declares: roles, modules, telemetry, and how snapshots are published.

use pointsman_schema::source::platform::Signal;
use pointsman_schema::source::workspace::Rollout;
use pointsman_schema::source::{Module, Role, Signer, Telemetry};

use super::{LowerError, Object, Settings, body, numbered};
use crate::policy::Declared;

pub(super) fn lower(settings: &mut Settings<'_>) -> Result<(), LowerError> {
    let policy = settings.policy;
    policy.roles.values().try_for_each(|declared| role(settings, declared))?;
    policy.modules.values().try_for_each(|declared| module(settings, declared))?;
    policy.telemetry.values().try_for_each(|declared| telemetry(settings, declared))?;
    workspace(settings)
}

fn role<'p>(settings: &mut Settings<'p>, declared: &'p Declared<'p, Role>) -> Result<(), LowerError> {
    let Role { claim, values, grant, teams } = body(declared)?;
    let mut object = settings.object("role", declared);
    object.set("claim", claim.value.as_str());
    object.all("values", values.iter().map(|value| value.value.as_str().to_owned()));
    object.set("grant", &grant.value);
    object.all("teams", teams.iter().map(|team| team.value.as_str().to_owned()));
    Ok(())
}

fn module<'p>(settings: &mut Settings<'p>, declared: &'p Declared<'p, Module>) -> Result<(), LowerError> {
    let Module { file, digest, hooks, order } = body(declared)?;
    let mut object = settings.object("module", declared);
    object.set("file", file.value.as_str());
    object.set("digest", &digest.value);
    object.all("hooks", hooks.iter().map(|hook| hook.value.to_string()));
    object.set("order", &order.as_ref().map_or(0, |order| order.value.0));
    Ok(())
}

fn telemetry<'p>(
    settings: &mut Settings<'p>,
    declared: &'p Declared<'p, Telemetry>,
) -> Result<(), LowerError> {
    let Telemetry { endpoint, signals, sample_percent, attributes } = body(declared)?;
    let mut object = settings.object("telemetry", declared);
    object.set("endpoint", &endpoint.value);
    if signals.is_empty() {
        object.all("signals", Signal::ALL.iter().map(ToString::to_string));
    }
    object.all("signals", signals.iter().map(|signal| signal.value.to_string()));
    object.set("sample-percent", &sample_percent.as_ref().map_or(100, |percent| percent.value.0));
    object.all("attributes", attributes.iter().map(|attribute| attribute.value.as_str().to_owned()));
    Ok(())
}

/// The parts of the workspace file that concern publication; its other parts are lowered where they hold.
fn workspace(settings: &mut Settings<'_>) -> Result<(), LowerError> {
    let workspace = settings.policy.workspace;
    let mut object = Object { rows: &mut settings.rows, kind: "workspace", name: "" };
    if let Some(rollout) = &workspace.rollout {
        let Rollout { steps, pause } = &rollout.value;
        for (at, step) in steps.iter().enumerate() {
            object.set(&numbered("rollout.steps", at), &step.value.0);
        }
        object.set("rollout.pause", &pause.value.0);
    }
    for signer in &workspace.signers {
        let name = &signer.name.value;
        let Some(Signer { key }) = &signer.body else {
            return Err(LowerError::NoBody { name: name.clone() });
        };
        object.set(&format!("signers.{name}.key"), &key.value.0);
    }
    Ok(())
}

//! `mcp-server` and `mcp-profile`: tools that agents may call, and the endpoints that gather them.
//!
//! Deliberately no tool definitions: those are pinned in `mcp.lock`. Source: Model Context Protocol, revisions
//! 2025-11-25 and 2026-07-28.

use super::upstream::BaseUrl;
use crate::read::Pairs;
use crate::read::pattern::{ToolGlob, ToolName};
use crate::read::record::record;
use crate::read::scalar::{DurationMs, Name, Reference};
use crate::words::words;

record! {
    /// An MCP server. One that is started as a process (`stdio`) is the platform's alone.
    object "mcp-server"
    pub struct McpServer {
        /// How it is reached.
        required transport: McpTransport = "transport",
        /// Its endpoint, for `http`. A team's server must be https and not a private address.
        optional url: BaseUrl = "url",
        /// The program and its arguments, for `stdio`.
        list command: String = "command",
        /// The credential that opens it; a credential for this very server.
        optional credential: Reference = "credential",
        /// How long to wait for what.
        optional timeouts: McpTimeouts = "timeouts",
        /// What the data that it is given may be, such as `eu` or `pii`.
        list labels: Name = "labels",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

record! {
    /// How long to wait for an MCP server.
    object "mcp-timeouts"
    pub struct McpTimeouts {
        /// For the connection or the start of the process. Default 10s.
        optional connect: DurationMs = "connect",
        /// For the answer to one call. Default 60s.
        optional call: DurationMs = "call",
    }
}

words! {
    /// How an MCP server is reached.
    pub enum McpTransport {
        /// Streamable HTTP.
        Http = 0 "http",
        /// A child process that speaks over its standard input and output.
        Stdio = 1 "stdio",
    }
}

record! {
    /// One MCP endpoint over several servers. Keys name the profiles that they may use.
    object "mcp-profile"
    pub struct McpProfile {
        /// The servers, in the order in which their tools are listed.
        items servers: ProfileServer = "servers" | "server",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

record! {
    /// What a profile takes from one server.
    object "profile-server"
    pub struct ProfileServer {
        /// The server.
        required name: Reference = "name",
        /// Which of its tools: names, or patterns with one `*`. By default all of them.
        list tools: ToolGlob = "tools",
        /// What is put before the name of each tool.
        optional prefix: ToolName = "prefix",
        /// New names of single tools, by the server's name of each; no prefix is put before them.
        optional rename: Pairs<ToolName> = "rename",
    }
}

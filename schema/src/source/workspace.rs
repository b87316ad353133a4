//! `workspace`: the file `pointsman.yaml` or `pointsman.kdl` at the root, which makes a folder a workspace.

use crate::read::record::record;
use crate::read::scalar::{AttributeValue, HeaderName, Whole};

record! {
    /// The workspace file: the language version and the request attributes that rules may read.
    object "workspace"
    pub struct Workspace {
        /// The version of the policy language: 1.
        required version: Whole<1, 1> = "pointsman",
        /// Request attributes that rules may read and that traffic records hold, by name. At most 16.
        named attributes: Attribute = "attributes" | "attribute",
    }
}

record! {
    /// A request attribute. Exactly one of `header` and `metadata` says where it is found. A missing or undeclared
    /// value is `none`.
    object "attribute"
    pub struct Attribute {
        /// The HTTP header that holds it, in lower case.
        optional header: HeaderName = "header",
        /// The member of the request body's `metadata` object that holds it.
        optional metadata: AttributeValue = "metadata",
        /// The values that rules may name. At most 256.
        list values: AttributeValue = "values",
    }
}

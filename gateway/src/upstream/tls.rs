//! TLS towards providers: the public web's roots, and more where an operator gives them.
//!
//! Certificates are always checked; there is no switch to turn that off. Read next: [`super::connect`].

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// The roots of the public web.
pub fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// A configuration that trusts these roots and offers HTTP/2 and HTTP/1.1.
pub fn client_config(roots: Arc<RootCertStore>) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

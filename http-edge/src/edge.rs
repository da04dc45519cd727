//! What an HTTP port does with every request, whatever its route.

use std::sync::Arc;

use platform::config::HttpSettings;
use tower_http::cors::CorsLayer;

use crate::{HttpLimits, client::TrustedProxies, cors::cors, rates::RateLimits};

/// What an HTTP port does with every request, whatever its route. The ports of a process share its rate limits.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The bounds of the server.
    pub limits: HttpLimits,
    pub(crate) proxies: Arc<TrustedProxies>,
    pub(crate) rates: Arc<RateLimits>,
    pub(crate) cors: Option<CorsLayer>,
    pub(crate) behind_tls_proxy: bool,
}

impl From<&HttpSettings> for Edge {
    fn from(settings: &HttpSettings) -> Self {
        Self {
            limits: settings.into(),
            proxies: Arc::new(settings.into()),
            rates: Arc::new((&settings.rate_limits).into()),
            cors: cors(&settings.cors),
            behind_tls_proxy: settings.behind_tls_proxy,
        }
    }
}

//! The address of a client. Behind proxies it is not the peer of the connection; trusted proxies tell it in a header.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::OptionalFromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
};
use platform::config::{AddressBlock, ForwardedHeader, HttpSettings};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// A household or an office has at least this much of the address space of IPv6, and can use all of it.
const IPV6_NETWORK_BITS: u32 = 64;

/// The address of the client that sent a request, in the request's extensions. Without a server around the router, as
/// in some tests, there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The other side of a connection. IPv4 addresses that arrive on an IPv6 port are IPv4 addresses.
    pub(crate) const fn of_peer(peer: IpAddr) -> Self {
        Self(peer.to_canonical())
    }

    /// The address itself.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// The network of the client, by which its requests are counted: an IPv4 address, or the first address of a /64.
    #[must_use]
    pub const fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let mask = u128::MAX << (128 - IPV6_NETWORK_BITS);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().copied())
    }
}

/// The proxies in front of a port whose word about clients is taken.
#[derive(Clone, Debug)]
pub(crate) struct TrustedProxies {
    blocks: Vec<AddressBlock>,
    header: ForwardedHeader,
}

impl From<&HttpSettings> for TrustedProxies {
    fn from(settings: &HttpSettings) -> Self {
        Self {
            blocks: settings.trusted_proxies.clone(),
            header: settings.forwarded_header,
        }
    }
}

impl TrustedProxies {
    /// Finds the client of a request: each proxy appends the address that it was called from, so the walk begins at the
    /// peer and ends at the first address that is not a trusted proxy's. What stands before that was written by
    /// somebody else and is not believed. If a proxy hides the address or garbles it, the proxy itself is the client.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = ClientAddress::of_peer(peer).ip();
        let mut hops = self.hops(headers);
        while self.trust(client)
            && let Some(Some(hop)) = hops.next()
        {
            client = hop;
        }
        ClientAddress(client)
    }

    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        self.blocks.iter().any(|block| block.contains(address))
    }

    /// The addresses in the header, the last one first; `None` for what is not an address.
    fn hops<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = Option<IpAddr>> + use<'a> {
        let header = self.header;
        let name = match header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let lines = headers.get_all(name).iter().rev();
        lines
            .flat_map(|line| line.to_str().unwrap_or_default().rsplit(','))
            .map(move |hop| match header {
                ForwardedHeader::XForwardedFor => address(hop),
                ForwardedHeader::Forwarded => address(forwarded_for(hop)?),
            })
    }
}

/// The `for` parameter of an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    let mut parameters = element.split(';').filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let value = value.trim();
    Some(
        value
            .strip_prefix('"')
            .and_then(|v| v.strip_suffix('"'))
            .unwrap_or(value),
    )
}

/// Reads an address with or without a port. IPv6 may stand in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let parsed = bare.parse().ok();
    let parsed = parsed.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    parsed.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let trusted = |text: &str| AddressBlock::try_from(text.to_owned()).unwrap();
        let proxies = TrustedProxies {
            blocks: vec![trusted("10.0.0.0/8"), trusted("fd00::/8")],
            header,
        };
        let name = match header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let headers = lines.iter().map(|line| (name.clone(), line.parse().unwrap())).collect();
        proxies.client(peer.parse().unwrap(), &headers).ip().to_string()
    }

    #[test]
    fn the_last_address_that_is_not_a_trusted_proxys_is_the_client() {
        for (peer, lines, expected) in [
            (PROXY, vec!["192.0.2.7"], "192.0.2.7"),
            (PROXY, vec!["192.0.2.7:4711"], "192.0.2.7"),
            (PROXY, vec!["198.51.100.1, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
            (PROXY, vec!["198.51.100.1", "192.0.2.7", "10.0.0.2"], "192.0.2.7"),
            (PROXY, vec!["2001:db8::1"], "2001:db8::1"),
            (PROXY, vec!["[2001:db8::1]:4711, fd00::2"], "2001:db8::1"),
            (PROXY, vec!["::ffff:192.0.2.7"], "192.0.2.7"),
            ("::ffff:10.0.0.1", vec!["192.0.2.7"], "192.0.2.7"),
            // Nobody but proxies: the first of them is where the request comes from.
            (PROXY, vec!["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (PROXY, vec![], PROXY),
            // What a trusted proxy did not write as an address tells nothing, and neither does what stands before it.
            (PROXY, vec!["192.0.2.7, unknown"], PROXY),
            (PROXY, vec!["192.0.2.7, "], PROXY),
            (PROXY, vec!["192.0.2.7, nonsense, 10.0.0.2"], "10.0.0.2"),
        ] {
            assert_eq!(
                client(ForwardedHeader::XForwardedFor, peer, &lines),
                expected,
                "{peer} {lines:?}"
            );
        }
    }

    #[test]
    fn nobody_elses_word_is_taken() {
        for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
            for line in ["192.0.2.7", "for=192.0.2.7", "for=10.0.0.1", "10.0.0.1"] {
                assert_eq!(client(header, "203.0.113.9", &[line]), "203.0.113.9", "{line}");
            }
        }
    }

    #[test]
    fn the_standard_header_is_read_when_the_settings_say_so() {
        for (line, expected) in [
            ("for=192.0.2.7;proto=https;by=10.0.0.1", "192.0.2.7"),
            ("proto=https; For=\"192.0.2.7:4711\"", "192.0.2.7"),
            (
                "for=198.51.100.1, for=\"[2001:db8::1]:4711\", for=10.0.0.2",
                "2001:db8::1",
            ),
            // A quotation mark that the client left open does not swallow what the proxy appended.
            ("for=\"198.51.100.1, for=192.0.2.7", "192.0.2.7"),
            ("for=_hidden", PROXY),
            ("for=unknown", PROXY),
            ("proto=https", PROXY),
        ] {
            assert_eq!(client(ForwardedHeader::Forwarded, PROXY, &[line]), expected, "{line}");
        }
    }

    #[test]
    fn ipv6_addresses_count_by_their_network() {
        let network = |text: &str| ClientAddress(text.parse().unwrap()).network().to_string();
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2::"), "2001:db8:1:2::");
    }
}

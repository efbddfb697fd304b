//! The DNS proper, asked through nameservers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use crate::dns::{Answer, Dns, DnsError};

/// How long one nameserver may take. Clients wait for the sum of all tries.
const TRY_TIME: Duration = Duration::from_millis(1_500);
/// How often each nameserver is asked.
const TRIES: usize = 2;
/// Questions to one nameserver at a time; further ones fail.
const QUESTIONS_MAX: usize = 512;

/// Nameservers, with a cache that keeps answers as long as they say.
pub struct Nameservers(TokioResolver);

impl Nameservers {
    /// Asks the nameservers that the system is set up with.
    ///
    /// # Errors
    ///
    /// [`DnsError::Failed`] if the system's settings cannot be read.
    pub fn of_system() -> Result<Self, DnsError> {
        let (config, _) = hickory_resolver::system_conf::read_system_conf().map_err(failed)?;
        // Search lists are for names that people type, not for names in documents.
        let config = ResolverConfig::from_parts(None, Vec::new(), config.into_parts().2);
        Self::with(config)
    }

    /// Asks the nameservers at these addresses.
    ///
    /// # Errors
    ///
    /// [`DnsError::Failed`] if the operating system does not let us.
    pub fn at(addresses: &[SocketAddr]) -> Result<Self, DnsError> {
        let server = |address: &SocketAddr| {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            server
        };
        let servers = addresses.iter().map(server).collect();
        Self::with(ResolverConfig::from_parts(None, Vec::new(), servers))
    }

    fn with(config: ResolverConfig) -> Result<Self, DnsError> {
        let provider = TokioRuntimeProvider::default();
        let mut builder = TokioResolver::builder_with_config(config, provider);
        let options = builder.options_mut();
        options.timeout = TRY_TIME;
        options.attempts = TRIES;
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.max_active_requests = QUESTIONS_MAX;
        Ok(Self(builder.build().map_err(failed)?))
    }
}

impl Dns for Nameservers {
    fn addresses<'a>(&'a self, host: &'a str) -> Answer<'a, Vec<IpAddr>> {
        Box::pin(async move {
            let Some(name) = absolute(host) else {
                return Ok(Vec::new());
            };
            match self.0.lookup_ip(name).await {
                Ok(found) => Ok(found.iter().collect()),
                Err(error) => none_or_fault(error),
            }
        })
    }

    fn txt<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async move {
            let Some(name) = absolute(name) else {
                return Ok(Vec::new());
            };
            let found = match self.0.lookup(name, RecordType::TXT).await {
                Ok(found) => found,
                Err(error) => return none_or_fault(error),
            };
            // An alias on the way is among the answers, too.
            let texts = found.answers().iter().filter_map(|record| match &record.data {
                RData::TXT(txt) => String::from_utf8(txt.txt_data.concat()).ok(),
                _ => None,
            });
            Ok(texts.collect())
        })
    }
}

/// Returns the name with its final dot; what the DNS has no room for has no records.
fn absolute(name: &str) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}

fn none_or_fault<T>(error: NetError) -> Result<Vec<T>, DnsError> {
    match error {
        error if error.is_no_records_found() => Ok(Vec::new()),
        NetError::Timeout => Err(DnsError::Timeout),
        error => Err(failed(error)),
    }
}

fn failed(error: NetError) -> DnsError {
    DnsError::Failed(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use hickory_resolver::proto::op::{Message, ResponseCode};
    use hickory_resolver::proto::rr::Record;
    use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, TXT};
    use tokio::net::UdpSocket;
    use tokio::task::JoinSet;

    use super::*;

    /// Answers questions on loopback, by the name that is asked for.
    async fn nameserver(tasks: &mut JoinSet<()>) -> SocketAddr {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        tasks.spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let query = question.queries[0].clone();
                let mut answer = Message::response(question.id, question.op_code);
                let name = query.name().clone();
                let alias = Name::from_ascii("b.test.").unwrap();
                let texts = |texts: &[&str]| {
                    RData::TXT(TXT::new(texts.iter().copied().map(str::to_owned).collect()))
                };
                let records = match (name.to_ascii().as_str(), query.query_type()) {
                    ("a.test.", RecordType::A) => vec![RData::A(A(Ipv4Addr::LOCALHOST))],
                    ("a.test.", RecordType::AAAA) => vec![RData::AAAA(AAAA(Ipv6Addr::LOCALHOST))],
                    ("_atproto.a.test.", RecordType::TXT) => vec![
                        RData::CNAME(CNAME(alias.clone())),
                        texts(&["did=did:", "web:a.test"]),
                        RData::TXT(TXT::from_bytes(vec![b"\xff"])),
                        texts(&["other"]),
                    ],
                    ("broken.test.", _) => {
                        answer.metadata.response_code = ResponseCode::ServFail;
                        vec![]
                    }
                    ("silent.test.", _) => continue,
                    _ => {
                        answer.metadata.response_code = ResponseCode::NXDomain;
                        vec![]
                    }
                };
                answer.add_query(query);
                let mut owner = name;
                for record in records {
                    let is_alias = matches!(record, RData::CNAME(_));
                    answer.add_answer(Record::from_rdata(owner.clone(), 60, record));
                    owner = if is_alias { alias.clone() } else { owner };
                }
                socket.send_to(&answer.to_vec().unwrap(), client).await.unwrap();
            }
        });
        address
    }

    #[tokio::test]
    async fn none_is_an_answer_and_silence_is_not() {
        let mut tasks = JoinSet::new();
        let dns = Nameservers::at(&[nameserver(&mut tasks).await]).unwrap();
        let here: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        assert_eq!(dns.addresses("a.test").await.unwrap(), here);
        assert_eq!(dns.txt("_atproto.a.test").await.unwrap(), ["did=did:web:a.test", "other"]);
        assert_eq!(dns.addresses("none.test").await.unwrap(), Vec::<IpAddr>::new());
        assert_eq!(dns.txt("_atproto.none.test").await.unwrap(), Vec::<String>::new());
        let long = format!("_atproto.{}test", "a.".repeat(124));
        assert_eq!(dns.txt(&long).await.unwrap(), Vec::<String>::new());
        assert!(dns.txt("broken.test").await.is_err());
        assert!(matches!(dns.txt("silent.test").await, Err(DnsError::Timeout)));
    }
}

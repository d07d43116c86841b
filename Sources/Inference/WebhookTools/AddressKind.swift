/// What sort of place an address leads to. Only ``global`` is somebody's on the open internet; everything that the registries do not say
/// is so is not.
///
/// | kind | IPv4 | IPv6 |
/// |---|---|---|
/// | unspecified | `0.0.0.0/8` | `::` |
/// | loopback | `127.0.0.0/8` | `::1` |
/// | private | `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` | `fc00::/7`, `fec0::/10` |
/// | link-local | `169.254.0.0/16` | `fe80::/10` |
/// | carrier-grade NAT | `100.64.0.0/10` | – |
/// | multicast | `224.0.0.0/4` | `ff00::/8` |
/// | documentation | `192.0.2.0/24`, `198.51.100.0/24`, `203.0.113.0/24` | `2001:db8::/32`, `3fff::/20` |
/// | embedded | – | `::ffff:0:0/96`, `::/96`, `64:ff9b::/96`, `64:ff9b:1::/48`, `2002::/16`, `2001::/32` |
/// | metadata | `169.254.169.254`, `168.63.129.16`, `100.100.100.200`, `192.0.0.192` | `fd00:ec2::254`, `fd20:ce::254` |
/// | reserved | `192.0.0.0/24`, `192.88.99.0/24`, `198.18.0.0/15`, `240.0.0.0/4` | `2001::/23`, all outside of `2000::/3` |
///
/// Sources: the IANA registries of special-purpose addresses; the documentation of the clouds for their metadata services.
enum AddressKind: String, Sendable, CaseIterable {
    case global
    case unspecified
    case loopback
    case `private`
    case linkLocal = "link-local"
    case sharedNAT = "carrier-grade NAT"
    case multicast
    case documentation
    /// An IPv4 address in the clothes of an IPv6 one: which one is meant is the network's to say.
    case embedded
    /// Of a cloud's service that tells a machine its credentials.
    case metadata
    case reserved

    init(_ address: IPAddress) {
        let table = address.isV4 ? Self.v4 : Self.v6
        let rest: AddressKind = address.isV4 ? .global : .reserved
        self = table.first { $0.block.contains(address) }?.kind ?? rest
    }

    /// The first that holds an address counts: exceptions stand before the rule.
    private static let v4: [(block: AddressBlock, kind: AddressKind)] = [
        (.v4(169, 254, 169, 254, 32), .metadata), (.v4(168, 63, 129, 16, 32), .metadata), (.v4(100, 100, 100, 200, 32), .metadata),
        (.v4(192, 0, 0, 192, 32), .metadata), (.v4(0, 0, 0, 0, 8), .unspecified), (.v4(127, 0, 0, 0, 8), .loopback),
        (.v4(10, 0, 0, 0, 8), .private), (.v4(172, 16, 0, 0, 12), .private), (.v4(192, 168, 0, 0, 16), .private),
        (.v4(169, 254, 0, 0, 16), .linkLocal), (.v4(100, 64, 0, 0, 10), .sharedNAT), (.v4(224, 0, 0, 0, 4), .multicast),
        (.v4(192, 0, 2, 0, 24), .documentation), (.v4(198, 51, 100, 0, 24), .documentation), (.v4(203, 0, 113, 0, 24), .documentation),
        (.v4(192, 0, 0, 0, 24), .reserved), (.v4(192, 88, 99, 0, 24), .reserved), (.v4(198, 18, 0, 0, 15), .reserved),
        (.v4(240, 0, 0, 0, 4), .reserved),
    ]

    private static let v6: [(block: AddressBlock, kind: AddressKind)] = [
        (.v6(0, 0, 128), .unspecified), (.v6(0, 1, 128), .loopback), (.v6(0xFD00_0EC2_0000_0000, 0x254, 128), .metadata),
        (.v6(0xFD20_00CE_0000_0000, 0x254, 128), .metadata), (.v6(0, 0x0000_FFFF_0000_0000, 96), .embedded), (.v6(0, 0, 96), .embedded),
        (.v6(0x0064_FF9B_0000_0000, 0, 96), .embedded), (.v6(0x0064_FF9B_0001_0000, 0, 48), .embedded),
        (.v6(0xFC00_0000_0000_0000, 0, 7), .private), (.v6(0xFEC0_0000_0000_0000, 0, 10), .private),
        (.v6(0xFE80_0000_0000_0000, 0, 10), .linkLocal), (.v6(0xFF00_0000_0000_0000, 0, 8), .multicast),
        (.v6(0x2001_0DB8_0000_0000, 0, 32), .documentation), (.v6(0x3FFF_0000_0000_0000, 0, 20), .documentation),
        (.v6(0x2001_0000_0000_0000, 0, 32), .embedded), (.v6(0x2002_0000_0000_0000, 0, 16), .embedded),
        (.v6(0x2001_0000_0000_0000, 0, 23), .reserved), (.v6(0x2000_0000_0000_0000, 0, 3), .global),
    ]
}

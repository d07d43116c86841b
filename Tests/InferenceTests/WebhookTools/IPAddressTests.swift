import TestSupport
import Testing

@testable import Inference

@Suite("Internet addresses") struct IPAddressTests {
    @Test(
        "an address is read as resolvers write it",
        arguments: [
            ("10.0.0.1", "10.0.0.1"), ("255.255.255.255", "255.255.255.255"), ("::", "0:0:0:0:0:0:0:0"), ("::1", "0:0:0:0:0:0:0:1"),
            ("2001:DB8::7", "2001:db8:0:0:0:0:0:7"), ("1::", "1:0:0:0:0:0:0:0"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("fe80::1%eth0", "fe80:0:0:0:0:0:0:1"), ("::ffff:10.0.0.1", "0:0:0:0:0:ffff:a00:1"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8"),
        ])
    func read(_ text: String, _ canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(
        "what is no address, or one to some readers only, is none",
        arguments: [
            "", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1.", "0x7f.0.0.1", "1.2.3.4.5", ":", ":::", "1::2::3", "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "12345::", "g::", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", " ::1", "1:2:3:4:5:6:7:1.2.3.4",
        ])
    func refused(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "the odd spellings of an IPv4 address are the address",
        arguments: [
            ("2130706433", "127.0.0.1"), ("0x7f000001", "127.0.0.1"), ("0x7f.1", "127.0.0.1"), ("127.1", "127.0.0.1"), ("0177.0.0.1", "127.0.0.1"),
            ("017700000001", "127.0.0.1"), ("10.0.258", "10.0.1.2"), ("0", "0.0.0.0"), ("0x", "0.0.0.0"), ("0X7F.0.0.0x1", "127.0.0.1"),
            ("4294967295", "255.255.255.255"), ("169.254.43518", "169.254.169.254"),
        ])
    func odd(_ text: String, _ canonical: String) {
        #expect(IPAddress(anySpelling: text)?.description == canonical)
    }

    @Test(
        "numbers that are too large, and what is no number, are no address",
        arguments: ["4294967296", "256.1", "1.2.3.256", "1.2.65536", "08.0.0.1", "1..2", "a.1", "1.2.3.4.5", "99999999999999999999999", "0xg", "-1"])
    func notOdd(_ text: String) {
        #expect(IPAddress(anySpelling: text) == nil)
    }

    @Test("whatever an address is, its own text is read as itself, and each odd spelling too", arguments: [UInt64(1), 2, 3])
    func roundTrip(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let number = UInt32.random(in: .min ... .max, using: &random)
            let four = IPAddress.v4(number)
            #expect(IPAddress(four.description) == four)
            let octets = stride(from: 24, through: 0, by: -8).map { number >> UInt32($0) & 0xFF }
            let octal = octets.map { "0" + String($0, radix: 8) }.joined(separator: ".")
            let hexadecimal = octets.map { "0X" + String($0, radix: 16, uppercase: true) }.joined(separator: ".")
            let (tail24, tail16) = (number & 0xFF_FFFF, number & 0xFFFF)
            let spellings: [String] = [
                "\(number)", "0x" + String(number, radix: 16), "0" + String(number, radix: 8), octal, hexadecimal, "\(octets[0]).\(tail24)",
                "\(octets[0]).\(octets[1]).\(tail16)",
            ]
            for text in spellings { #expect(IPAddress(anySpelling: text) == four, "\(text) of \(four)") }

            let six = IPAddress.v6(UInt128.random(in: .min ... .max, using: &random))
            #expect(IPAddress(six.description) == six)
        }
    }

    @Test("a block holds the addresses with its first bits, and no others")
    func blocks() throws {
        let private10 = try #require(AddressBlock("10.0.0.0/8"))
        #expect(private10.contains(.v4(0x0A00_0000)) && private10.contains(.v4(0x0AFF_FFFF)))
        #expect(!private10.contains(.v4(0x0B00_0000)) && !private10.contains(.v4(0x09FF_FFFF)) && !private10.contains(.v6(0x0A00_0000)))
        let one = try #require(AddressBlock("192.168.1.7"))
        #expect(one.contains(.v4(0xC0A8_0107)) && !one.contains(.v4(0xC0A8_0106)))
        #expect(try #require(AddressBlock("0.0.0.0/0")).contains(.v4(.max)))
        #expect(try #require(AddressBlock("::/0")).contains(.v6(.max)))
        for text in ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "host", "10.0.0/8", "10.0.0.0/8/8", ""] {
            #expect(AddressBlock(text) == nil, "\(text)")
        }
    }
}

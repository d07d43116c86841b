import Testing

@testable import Inference

@Suite("The address of a tool") struct ToolURLTests {
    @Test(
        "it is written anew from what was read",
        arguments: [
            ("https://tools.example.com", "https://tools.example.com/"), ("HTTPS://Tools.Example.COM:443/A?b=C", "https://tools.example.com/A?b=C"),
            ("http://tools.example.com:80/", "http://tools.example.com/"), ("http://tools.example.com:8080?x", "http://tools.example.com:8080/?x"),
            ("https://tools.example.com./", "https://tools.example.com/"), ("https://2130706433/", "https://127.0.0.1/"),
            ("https://0x7f.1:8443/x", "https://127.0.0.1:8443/x"), ("http://[::1]/", "http://[0:0:0:0:0:0:0:1]/"),
            ("http://[::ffff:127.0.0.1]:81/", "http://[0:0:0:0:0:ffff:7f00:1]:81/"), ("https://a_b.example/%41", "https://a_b.example/%41"),
            ("https://host/@at:colon", "https://host/@at:colon"),
        ])
    func read(_ text: String, _ written: String) {
        #expect(ToolURL(text)?.description == written)
        #expect(ToolURL(written)?.description == written)
    }

    @Test(
        "what one reader might take for another host is none",
        arguments: [
            "", "tools.example.com", "ftp://tools.example.com/", "https://", "https:///path", "https://me@tools.example.com/", "https://a:b@c/",
            "https://tools.example.com/#part", "https://exa%6dple.com/", "https://a.example\\@b.example/", "https://a.example\t/", "https://a b/",
            "https://a.example:0/", "https://a.example:65536/", "https://a.example:/", "https://a.example:80:80/", "https://a.example:+80/",
            "https://[::1/", "https://::1/", "https://[::1]x/", "https://[fe80::1%25eth0]/", "https://[127.0.0.1]/", "https://1.2.3.4.5/",
            "https://a.example.0x7g/%4", "https://1.2.3.256/", "https://a..example/", "https://-a.example/", "https://bücher.example/",
            "https://a.example/%zz", "https://example.09/",
        ])
    func refused(_ text: String) {
        #expect(ToolURL(text) == nil)
    }
}

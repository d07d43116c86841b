import Testing

@testable import BuildMemory

@Suite("A command line")
struct CommandTextTests {
    @Test(
        "is cut to what tells it apart",
        arguments: [
            (["/usr/bin/make", "-j8"], "make -j8"),
            (["python3", "/home/me/tool/run.py", "--out=/tmp/a/b"], "python3 .../run.py --out=.../b"),
            (
                [
                    "/usr/bin/swift-frontend", "-frontend", "-c", "-primary-file", "/s/A.swift", "-primary-file", "/s/B.swift", "/s/C.swift",
                    "-module-name", "Redis",
                ], "swift-frontend Redis: A.swift (+1)"
            ),
            (["/usr/lib/gcc/cc1plus", "-quiet", "-I", "/usr/include", "/src/deep/main.cpp", "-o", "/tmp/x.s"], "cc1plus main.cpp"),
            (["rustc", "--crate-name", "serde", "--edition=2021", "src/lib.rs", "-C", "opt-level=3"], "rustc serde: lib.rs"),
            (["sh", "-c", "make  all\n&& make check"], "sh -c make all && make check"),
            (["/", "a"], "? a"),
            ([""], "?"),
            ([], "?"),
            (["ls", "https://example.org/a/b"], "ls https://example.org/a/b"),
        ])
    func shortened(arguments: [String], text: String) {
        #expect(CommandText(arguments: arguments).text == text)
    }

    @Test(
        "knows compilers and linkers by name and by what they are asked for",
        arguments: [
            (["swift-frontend", "-frontend", "-c", "a.swift"], CommandText.Role.compile),
            (["swift-build"], .other),
            (["clang", "-c", "a.c"], .compile),
            (["/opt/aarch64-linux-gnu-g++-12", "-c", "a.cc"], .compile),
            (["clang", "a.o", "-o", "a"], .other),
            (["x86_64-linux-gnu-ld", "a.o"], .link),
            (["ld.gold", "a.o"], .link),
            (["cc1", "a.c"], .compile),
            (["rustc", "a.rs"], .compile),
            (["sh", "-c", "rustc a.rs"], .other),
        ])
    func roles(arguments: [String], role: CommandText.Role) {
        #expect(CommandText(arguments: arguments).role == role)
    }

    @Test(
        "shows no secret that is written in one of the usual ways",
        arguments: [
            (["curl", "--token", "abcdef"], "curl --token ***"),
            (["curl", "--api-key=abcdef", "x"], "curl --api-key=*** x"),
            (["env", "DB_PASSWORD=abcdef", "make"], "env DB_PASSWORD=*** make"),
            (["curl", "-H", "Authorization: Bearer abcdef", "u"], "curl -H Authorization: Bearer *** u"),
            (["sh", "-c", "curl -H 'x' --secret abcdef"], "sh -c curl -H 'x' --secret ***"),
            (["git", "clone", "https://me:abcdef@example.org/x.git"], "git clone https://***@example.org/x.git"),
            (["deploy", "ghp_0123456789abcdef"], "deploy ***"),
            (["deploy", "mst_0123456789abcdef"], "deploy ***"),
            (["tool", "--password", "--verbose"], "tool --password --verbose"),
        ])
    func secrets(arguments: [String], text: String) {
        #expect(CommandText(arguments: arguments).text == text)
    }

    @Test("is safe to print and to store, and no longer than asked for")
    func hostile() {
        let text = CommandText(arguments: ["/bin/\u{1B}[31mred\u{7}", "a\u{0}b", "\u{202E}evil", String(repeating: "x", count: 5_000)]).text
        #expect(text.hasPrefix("?[31mred? a?b ?evil xxx"))
        #expect(text.count == CommandText.longest)
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 0x202E })
    }

    @Test("comes from /proc as arguments that end in NUL bytes")
    func cmdline() {
        #expect(withBytes("/bin/make\0-j4\0", CommandText.init(cmdline:))?.text == "make -j4")
        #expect(withBytes("sleep\0\0x\0", CommandText.init(cmdline:))?.text == "sleep x")
        #expect(withBytes("", CommandText.init(cmdline:)) == nil)
        #expect(withBytes("\0", CommandText.init(cmdline:)) == nil)
        #expect([UInt8(0x61), 0xFF, 0].withUnsafeBytes(CommandText.init(cmdline:))?.program == "a\u{FFFD}")
    }
}

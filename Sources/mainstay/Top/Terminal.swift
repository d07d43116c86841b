import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The terminal of this process, taken over for a while and given back as it was.
///
/// The alternate screen is left with what stood there before; keys come at once and are not echoed, ^C among them.
enum Terminal {
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns and lines of standard output; nil when it is none, or does not tell.
    static func size() -> (columns: Int, lines: Int)? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Takes the terminal over.
    /// - Returns: how it was, for `leave`; nil when standard input is no terminal, and then there are no keys.
    static func enter() -> termios? {
        write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 ? before : nil
    }

    static func leave(_ before: termios?) {
        write("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
        guard var before else { return }
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
    }

    /// A key that was pressed since the last call; nil for none. The end of input is ^D, as it is when typed.
    static func key() -> UInt8? {
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 0) > 0 else { return nil }
        var key: UInt8 = 0
        return read(STDIN_FILENO, &key, 1) == 1 ? key : 0x04
    }

    /// One frame, over the last one.
    static func draw(_ lines: [TopLine], colour: Bool) {
        // Cleared before it is written: behind a line that fills the width, the last character would be cleared with the rest.
        let text = lines.map { "\u{1B}[2K" + $0.written(colour: colour) }.joined(separator: "\r\n")
        write("\u{1B}[H" + text + "\u{1B}[J")
    }

    /// What cannot be written any more is nobody's loss.
    static func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}

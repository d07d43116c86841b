#if os(Linux)
import Foundation

import Glibc

extension Machine {
    /// The machine as it is now.
    /// - Parameters:
    ///   - runner: the class of runner; nil makes one of system, architecture, cores and memory, for these must be equal anyway.
    ///   - limit: the memory limit of the control group.
    static func current(runner: String?, limit: Int?) -> Machine {
        var machine = Machine()
        var names = utsname()
        if uname(&names) == 0 {
            machine.os = text(of: names.sysname)
            machine.kernel = text(of: names.release)
            machine.architecture = text(of: names.machine)
        }
        let process = ProcessInfo.processInfo
        machine.cores = process.activeProcessorCount
        machine.memoryTotal = Int(clamping: process.physicalMemory)
        // A limit above what there is limits nothing.
        machine.memoryLimit = limit.flatMap { $0 < Int(clamping: process.physicalMemory) ? $0 : nil }
        let memory = Double(machine.memoryLimit ?? Int(clamping: process.physicalMemory)) / Double(1 << 30)
        let derived = "\(machine.os ?? "unknown")-\(machine.architecture ?? "unknown")-\(process.activeProcessorCount)c-\(Int(memory.rounded()))g"
        machine.runner = runner ?? derived.lowercased()
        return machine
    }

    private static func text<Field>(of field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix(while: { $0 != 0 }), as: UTF8.self) }
    }
}
#endif

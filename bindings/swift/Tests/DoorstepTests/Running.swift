// A program beside the tests. Foundation's `Process` waits in a run loop and hands on which signals its
// thread blocks, and tests run on threads of tasks.

import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A program that runs; what it says can be read.
final class Running {
    private var child = pid_t()
    private let said: Int32

    init(_ program: String, _ arguments: [String], in folder: URL) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Unexpected("no pipe: \(errno)") }
        // Another child does not hold it open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        said = ends[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addchdir_np(&actions, folder.path)
        // Threads of tasks block signals, and a child would for ever.
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        let error = posix_spawn(&child, program, &actions, &attributes, words, environ)
        close(ends[1])
        guard error == 0 else { throw Unexpected("\(program) does not start: \(error)") }
    }

    deinit {
        close(said)
    }

    /// What it says: all of it, or the first that comes.
    func heard(untilEnd: Bool) -> String {
        var all: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 4_096)
        repeat {
            let count = read(said, &portion, portion.count)
            guard count > 0 else { break }
            all += portion[..<count]
        } while untilEnd || !all.contains(UInt8(ascii: "\n"))
        return String(decoding: all, as: UTF8.self)
    }

    func end() {
        kill(child, SIGTERM)
        _ = waited()
    }

    /// Its status, once it has ended; 0 is well.
    func waited() -> Int32 {
        var status: Int32 = -1
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

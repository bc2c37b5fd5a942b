/* Files and folders that outlive a power cut: their bytes and their names. What is in them is not known here. */
package doorstep

import java.io.File
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.TRUNCATE_EXISTING
import java.nio.file.StandardOpenOption.WRITE

internal object Durable {
    /** Makes a folder and those that it stands in. */
    fun folder(folder: File) {
        if (folder.isDirectory) return
        val above = folder.absoluteFile.parentFile
        folder(above)
        Files.createDirectory(folder.toPath())
        names(above)
    }

    /** Makes [file] of these bytes, or leaves what was there. */
    fun write(file: File, bytes: ByteArray) {
        val begun = File(file.path + ".tmp").toPath()
        FileChannel.open(begun, CREATE, TRUNCATE_EXISTING, WRITE).use {
            val rest = ByteBuffer.wrap(bytes)
            while (rest.hasRemaining()) it.write(rest)
            it.force(true)
        }
        Files.move(begun, file.toPath(), ATOMIC_MOVE)
        names(file.absoluteFile.parentFile)
    }

    /** Gives a folder another name beside its own. */
    fun rename(folder: File, to: File) {
        Files.move(folder.toPath(), to.toPath(), ATOMIC_MOVE)
        names(to.absoluteFile.parentFile)
    }

    /** The names in a folder. Windows keeps them itself, and opens no folder. */
    private fun names(folder: File) {
        if (File.separatorChar == '\\') return
        FileChannel.open(folder.toPath(), READ).use { it.force(true) }
    }
}

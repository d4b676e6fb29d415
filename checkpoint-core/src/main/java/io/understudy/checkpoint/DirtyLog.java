package io.understudy.checkpoint;

/**
 * Which pages changed since they were last harvested. Contract: a page whose content changed is in
 * the next harvest, whoever wrote it (guest, device, hypervisor); a harvest may contain more.
 */
public interface DirtyLog {
    /**
     * Adds to {@code into} every page dirtied since the last harvest. Only while the machine is
     * paused.
     */
    void harvest(PageSet into);

    /**
     * Returns pages of a harvest whose checkpoint failed: they are part of the next harvest,
     * whatever happens to them until then. Thread-safe.
     */
    void giveBack(PageSet pages);
}

package io.understudy.hypervisor.device;

/** What CR8 is about: bits 7:4 of a local APIC's task priority. */
public interface TaskPriority {
    int taskPriorityClass();

    /**
     * @param value 0 to 15
     */
    void setTaskPriorityClass(int value);
}

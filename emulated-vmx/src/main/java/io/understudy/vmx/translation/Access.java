package io.understudy.vmx.translation;

/** What an access wants; the bits are those of EPT permissions and of the exit qualification. */
public final class Access {
    public static final int READ = 1;
    public static final int WRITE = 2;
    public static final int FETCH = 4;

    /**
     * Right to fetch from user pages under mode-based execute control, whose accesses are {@link
     * #FETCH} like others.
     */
    static final int FETCH_USER = 8;

    /** Read-modify-write: an EPT violation reports both. */
    public static final int UPDATE = READ | WRITE;

    private Access() {}
}

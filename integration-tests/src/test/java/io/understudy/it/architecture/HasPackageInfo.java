package io.understudy.it.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Collection;
import java.util.Set;

/** A class lies in a package that has a {@code package-info.java}. */
final class HasPackageInfo extends ArchCondition<JavaClass> {
    private final Set<String> described;

    HasPackageInfo(Collection<String> described) {
        super("lie in a package with a package-info.java");
        this.described = Set.copyOf(described);
    }

    @Override
    public void check(JavaClass item, ConditionEvents events) {
        events.add(
                new SimpleConditionEvent(
                        item,
                        described.contains(item.getPackageName()),
                        item.getName() + ": its package has no package-info.java"));
    }
}

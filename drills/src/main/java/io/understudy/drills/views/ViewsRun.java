package io.understudy.drills.views;

import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachinePair;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.view.SharingMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The secret window, then every way to exchange packets, one after the other. */
public final class ViewsRun {
    private ViewsRun() {}

    /**
     * Runs the plan.
     *
     * @param isOver asked often; the run ends soon after it says so
     * @param observer hears what is going on, in a few words
     * @throws MachineSetupException if a machine cannot be built as planned
     */
    public static ViewsResult run(
            ViewsPlan plan, HostClock clock, BooleanSupplier isOver, Consumer<String> observer)
            throws MachineSetupException {
        for (SharingMethod method : plan.methods()) {
            MachinePair.standby(plan.pair(method), clock).close(); // or refused at once
        }
        observer.accept("secret window");
        WindowResult window = SecretWindowRun.run(plan, clock, isOver);
        List<ExchangeResult> exchanges = new ArrayList<>();
        for (SharingMethod method : plan.methods()) {
            if (!isOver.getAsBoolean()) {
                observer.accept("exchange by " + method.optionName());
                exchanges.add(ExchangeRun.run(plan, method, clock, isOver));
            }
        }
        return new ViewsResult(window, exchanges);
    }
}

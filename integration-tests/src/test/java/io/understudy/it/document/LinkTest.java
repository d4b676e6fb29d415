package io.understudy.it.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Links between documents lead somewhere. */
class LinkTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");

    @Test
    void everyRelativeLinkLeadsToAFile() throws IOException {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path document : Checkout.documents()) {
            Matcher matcher = LINK.matcher(Files.readString(document));
            while (matcher.find()) {
                String target = matcher.group(1);
                if (target.contains("://")) {
                    continue;
                }
                links++;
                if (!Files.exists(document.resolveSibling(target))) {
                    broken.add(Checkout.root().relativize(document) + " -> " + target);
                }
            }
        }
        assertThat(links).isGreaterThan(10);
        assertThat(broken).isEmpty();
    }

    @Test
    void everyDecisionIsListed() throws IOException {
        String list = Checkout.read("docs/decisions/README.md");
        for (Path document : Checkout.documents()) {
            String name = String.valueOf(document.getFileName());
            if (name.matches("\\d{4}-.*\\.md")) {
                assertThat(list).contains("(" + name + ")");
            }
        }
    }
}

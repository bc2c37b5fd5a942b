package doorstep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import doorstep.names.AreaId;
import doorstep.names.AssetId;
import doorstep.names.CaseId;
import doorstep.names.EntryId;
import doorstep.names.PlaceId;
import doorstep.testkit.Street;
import java.io.File;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The entry points that block, as Java calls them. */
class FromJavaTest {
    @Test
    void aFolderIsOpenedWrittenAndReadAgain(@TempDir File folder) {
        try (BlockingDoorstep phone = BlockingDoorstep.open(folder, null, "m".getBytes())) {
            phone.setDraft("where", "三楼");
            assertNull(phone.enrolled());
            DoorstepException error = assertThrows(DoorstepException.NotEnrolled.class, phone::counters);
            assertEquals("call.not_enrolled", error.getCode());
        }
        try (BlockingDoorstep phone = BlockingDoorstep.open(folder, null, "m".getBytes())) {
            assertEquals("三楼", phone.draft("where"));
        }
    }

    @Test
    void anEveningInTheStreet() {
        try (Street street = new Street(Instant.parse("2026-11-25T11:00:00Z"));
                BlockingDoorstep phone = new BlockingDoorstep(street.blankPhone())) {
            phone.enrol(street.invitation());
            phone.sync(street.getLink());
            AssetId bottle = street.getPlaces().getBottles().get(0);
            Round round = new Round.Plan(street.getPlaces().getPlan());
            NewLook look = new NewLook(bottle, Seen.Missing.INSTANCE, "不在", List.of(), null);
            Tap tap = Doorstep.tap();
            assertEquals(phone.check(round, look, tap), phone.check(round, look, tap));
            AssetPage page = phone.asset(bottle);
            assertEquals(Seen.Missing.INSTANCE, page.getAsset().getResult());
            assertEquals("不在", page.getHistory().get(0).getNote());
            AreaId area = phone.areas().get(0);
            assertEquals(24, phone.assets(area, new AssetFilter("alarm.smoke", null, null)).getRows().size());
        }
    }

    @Test
    void whatHasACountInIt() {
        try (Street street = new Street(Instant.parse("2026-11-25T11:00:00Z"));
                BlockingDoorstep phone = new BlockingDoorstep(street.blankPhone())) {
            phone.enrol(street.invitation(Role.Clerk.INSTANCE));
            phone.sync(street.getLink());
            AreaId area = phone.areas().get(0);
            PlaceId door = street.getPlaces().getDoors().get(0);

            CaseId found = phone.found(ForJava.newCase(CaseClass.Hazard.INSTANCE, "e_bike", door, 2, "三辆"));
            phone.caseStep(found, ForJava.newStep(CaseEvent.Registered.INSTANCE, "重大"));
            CasePage page = phone.casePage(found);
            assertEquals("三辆", page.getCase().getNote());
            assertEquals("重大", page.getEvents().get(1).getNote());

            PlaceId shop = phone.addPlace(ForJava.newPlace(PlaceKind.Building.INSTANCE, "小店", null, 3));
            assertEquals("小店", phone.placeName(shop));
            AssetId alarm = phone.addAsset(ForJava.newAsset("alarm.smoke", shop, Registration.Registered.INSTANCE));
            phone.setField(new Subject.Asset(alarm), ForJava.makerLife(8));
            phone.setField(new Subject.Place(shop), ForJava.order(5));
            assertEquals(shop, phone.asset(alarm).getAsset().getPlace());
            EntryId batch = street.getPlaces().getBatch();
            phone.handout(door, ForJava.newHandout(batch, 1, "只", "alarm.smoke"));

            assertThrows(IllegalArgumentException.class, () -> ForJava.makerLife(256));
            assertThrows(IllegalArgumentException.class, () -> ForJava.newHandout(batch, -1, "只", "alarm.smoke"));
            assertEquals(1, phone.cases(area).getRows().size());
        }
    }

    @Test
    void aReplicaIsSharedWithTheBackground(@TempDir File device) {
        KeyWrap plain = new KeyWrap() {
            @Override
            public byte[] wrap(byte[] secret) {
                return secret;
            }

            @Override
            public byte[] unwrap(byte[] wrapped) {
                return wrapped;
            }
        };
        SharedReplica shared = new SharedReplica(new ReplicaHome(new File(device, "doorstep"), plain, false));
        List<File> moved = new ArrayList<>();
        String draft = BlockingDoorstep.use(shared, moved::add, phone -> {
            phone.setDraft("where", "三楼");
            return BlockingDoorstep.use(shared, moved::add, same -> same.draft("where"));
        });
        assertEquals("三楼", draft);
        assertEquals(List.of(), moved);
    }
}

/* tests/unit/ec/test_hostile.c - schema tables that contradict themselves are refused, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/db.h"

#include "ec_fixture.h"

/* Each statement damages one thing in an otherwise genuine file. "WID" is the class Widget. */
#define WID       "(SELECT Id FROM ec_Class WHERE Name='Widget')"
#define PID(name) "(SELECT Id FROM ec_Property WHERE Name='" name "' AND ClassId=" WID ")"

static const struct {
    const char *what; /* expected in the text of the error */
    const char *sql;
} damages[] = {
    { "a schema name", "UPDATE ec_Schema SET Name='Web\"Edit' WHERE Name='WebEditTest'" },
    { "a schema name", "UPDATE ec_Schema SET Name='' WHERE Name='WebEditTest'" },
    { "a schema version", "UPDATE ec_Schema SET VersionDigit1=-1 WHERE Name='WebEditTest'" },
    { "a class name", "UPDATE ec_Class SET Name='W;DROP' WHERE Name='Widget'" },
    { "a class name", "UPDATE ec_Class SET Name='1W' WHERE Name='Widget'" },
    { "a class name",
      "UPDATE ec_Class SET Name=replace(hex(zeroblob(200)),'00','ab') WHERE Name='Widget'" },
    { "a class name stands twice", "UPDATE ec_Class SET Name='RECORD' WHERE Name='Widget'" },
    { "a name is not UTF-8",
      "UPDATE ec_Class SET Name=CAST(x'57C328' AS TEXT) WHERE Name='Widget'" },
    { "a name is not UTF-8",
      "UPDATE ec_Class SET Name=CAST(x'570041' AS TEXT) WHERE Name='Widget'" },
    { "a name is no text", "UPDATE ec_Class SET Name=x'57' WHERE Name='Widget'" },
    { "a number is no integer", "UPDATE ec_Class SET Type='x' WHERE Name='Widget'" },
    { "the kind of a class", "UPDATE ec_Class SET Type=4 WHERE Name='Widget'" },
    { "the kind of a class", "UPDATE ec_Class SET Modifier=-1 WHERE Name='Widget'" },
    { "a class without a schema", "UPDATE ec_Class SET SchemaId=999 WHERE Name='Widget'" },
    { "an id is not positive, or stands twice",
      "UPDATE ec_Enumeration SET Id=-5 WHERE Id=(SELECT max(Id) FROM "
      "ec_Enumeration)" },
    { "a base class is missing",
      "UPDATE ec_ClassHasBaseClasses SET BaseClassId=99999 WHERE ClassId=" WID " AND Ordinal=1" },
    { "a base class is missing",
      "UPDATE ec_ClassHasBaseClasses SET ClassId=99999 WHERE ClassId=" WID " AND Ordinal=1" },
    { "base classes in a circle",
      "UPDATE ec_ClassHasBaseClasses SET BaseClassId=(SELECT Id FROM ec_Class WHERE "
      "Name='WideWidget') WHERE ClassId=" WID " AND Ordinal=1" },
    { "base classes in a circle",
      "UPDATE ec_ClassHasBaseClasses SET BaseClassId=" WID " WHERE ClassId=" WID " AND Ordinal=1" },
    { "a base class stands twice",
      "DROP INDEX uix_ec_ClassHasBaseClasses_ClassId_BaseClassId;"
      "INSERT INTO ec_ClassHasBaseClasses(ClassId,BaseClassId,Ordinal) SELECT ClassId,BaseClassId,7 "
      "FROM ec_ClassHasBaseClasses WHERE ClassId=" WID " AND Ordinal=0" },
    { "a class has too many bases",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300) "
      "INSERT OR IGNORE INTO ec_ClassHasBaseClasses(ClassId,BaseClassId,Ordinal) SELECT " WID
      ",i,i+10 FROM n WHERE i IN (SELECT Id FROM ec_Class) AND i<>" WID },
    { "a property without a class", "UPDATE ec_Property SET ClassId=99999 WHERE Name='Nickname'" },
    { "a property name", "UPDATE ec_Property SET Name='a b' WHERE Name='Nickname'" },
    { "the kind of a property", "UPDATE ec_Property SET Kind=9 WHERE Name='Nickname'" },
    { "the type of a property", "UPDATE ec_Property SET PrimitiveType=7 WHERE Name='Nickname'" },
    { "the type of a property", "UPDATE ec_Property SET PrimitiveType=NULL WHERE Name='Nickname'" },
    { "an enumeration is missing",
      "UPDATE ec_Property SET EnumerationId=999 WHERE Name='Nickname'" },
    { "the type of an enumeration",
      "UPDATE ec_Enumeration SET UnderlyingPrimitiveType=1025 WHERE Name='State' OR Id="
      "(SELECT EnumerationId FROM ec_Property WHERE Id=" PID("State") ")" },
    { "a struct is missing", "UPDATE ec_Property SET StructClassId=99999 WHERE Id=" PID("Dim") },
    { "a struct is missing", "UPDATE ec_Property SET StructClassId=" WID " WHERE Id=" PID("Dim") },
    { "a relationship is missing",
      "UPDATE ec_Property SET NavigationRelationshipClassId=" WID " WHERE Id=" PID("Controller") },
    { "structs inside each other",
      "UPDATE ec_Property SET StructClassId=(SELECT Id FROM ec_Class WHERE Name='Tag') WHERE "
      "Name='Dim' AND ClassId=(SELECT Id FROM ec_Class WHERE Name='Tag')" },
    { "a custom attribute of nothing",
      "UPDATE ec_CustomAttribute SET ContainerId=99999 WHERE ContainerId=" PID("Utc") },
    { "a table name", "UPDATE ec_Table SET Name='a\" b' WHERE Name='bis_Document'" },
    { "a table name stands twice", "DROP INDEX IF EXISTS none;PRAGMA writable_schema=ON;"
                                   "UPDATE sqlite_master SET sql=replace(sql,'Name TEXT UNIQUE "
                                   "NOT NULL COLLATE NOCASE','Name TEXT UNIQUE NOT NULL') WHERE "
                                   "name='ec_Table';PRAGMA writable_schema=RESET;REINDEX ec_Table;"
                                   "UPDATE ec_Table SET Name='BIS_ELEMENT' WHERE "
                                   "Name='bis_Document'" },
    { "the kind of a table", "UPDATE ec_Table SET Type=5 WHERE Name='bis_Document'" },
    { "the parent of a table is missing",
      "UPDATE ec_Table SET ParentTableId=9999 WHERE Name='bis_Document'" },
    { "the parent of a table", "UPDATE ec_Table SET ParentTableId=NULL WHERE Name='bis_Document'" },
    { "the parent of a table", "UPDATE ec_Table SET ParentTableId=Id WHERE Name='bis_Document'" },
    { "a column name", "UPDATE ec_Column SET Name='x\"y' WHERE Name='js5'" },
    { "a column name", "UPDATE ec_Column SET Name='x y--' WHERE Name='UserLabel'" },
    { "the kind of a column", "UPDATE ec_Column SET ColumnKind=77 WHERE Name='UserLabel'" },
    { "the kind of a column", "UPDATE ec_Column SET Type=77 WHERE Name='UserLabel'" },
    { "a column without a table", "UPDATE ec_Column SET TableId=9999 WHERE Name='UserLabel'" },
    { "a table has two id columns", "UPDATE ec_Column SET ColumnKind=1 WHERE Name='UserLabel'" },
    { "a mapped column does not exist",
      "UPDATE ec_Column SET Name='Nowhere' WHERE Name='UserLabel'" },
    { "a mapped column does not exist", "UPDATE ec_Table SET Name='bis_Nowhere' WHERE "
                                        "Name='bis_Document'" },
    { "a property path without a property",
      "UPDATE ec_PropertyPath SET RootPropertyId=99999 WHERE AccessString='Nickname'" },
    { "a property path",
      "UPDATE ec_PropertyPath SET AccessString='Nick.name' WHERE AccessString='Nickname'" },
    { "a property path",
      "UPDATE ec_PropertyPath SET AccessString='' WHERE AccessString='Nickname'" },
    { "a property path",
      "UPDATE ec_PropertyPath SET AccessString='Dim.Depth' WHERE AccessString='Dim.Width'" },
    { "a property path",
      "UPDATE ec_PropertyPath SET AccessString='P3.W' WHERE AccessString='P3.Z'" },
    { "a property map without a path",
      "UPDATE ec_PropertyMap SET PropertyPathId=99999 WHERE Id=(SELECT max(Id) FROM ec_PropertyMap)" },
    { "a property map without a column",
      "UPDATE ec_PropertyMap SET ColumnId=99999 WHERE Id=(SELECT max(Id) FROM ec_PropertyMap)" },
    { "a property map without a class",
      "UPDATE ec_PropertyMap SET ClassId=99999 WHERE Id=(SELECT max(Id) FROM ec_PropertyMap)" },
    { "a property map of a foreign property",
      "UPDATE ec_PropertyMap SET ClassId=(SELECT Id FROM ec_Class WHERE Name='CodeSpec') WHERE "
      "ClassId=" WID " AND PropertyPathId=(SELECT Id FROM ec_PropertyPath WHERE "
      "AccessString='Nickname')" },
    { "a property in two columns",
      "INSERT INTO ec_PropertyMap(ClassId,PropertyPathId,ColumnId) SELECT ClassId,PropertyPathId,"
      "(SELECT Id FROM ec_Column WHERE Name='UserLabel') FROM ec_PropertyMap WHERE ClassId=" WID
      " AND PropertyPathId=(SELECT Id FROM ec_PropertyPath WHERE AccessString='Nickname')" },
    { "a property with columns missing",
      "DELETE FROM ec_PropertyMap WHERE ClassId=" WID
      " AND PropertyPathId=(SELECT Id FROM ec_PropertyPath WHERE AccessString='P3.Y')" },
    { "a property with columns missing",
      "DELETE FROM ec_PropertyMap WHERE ClassId=" WID
      " AND PropertyPathId=(SELECT Id FROM ec_PropertyPath WHERE AccessString='P3.Z')" },
    { "a property with columns missing",
      "DELETE FROM ec_PropertyMap WHERE ClassId=" WID
      " AND PropertyPathId=(SELECT Id FROM ec_PropertyPath WHERE AccessString='Controller.Id')" },
    { "a column in a foreign table",
      "UPDATE ec_PropertyMap SET ColumnId=(SELECT c.Id FROM ec_Column c JOIN ec_Table t ON "
      "t.Id=c.TableId WHERE t.Name='bis_Document' AND c.Name='js1') WHERE ClassId=" WID
      " AND PropertyPathId=(SELECT Id FROM ec_PropertyPath WHERE AccessString='Nickname')" },
    { "the tables of a class",
      "UPDATE ec_PropertyMap SET ColumnId=(SELECT c.Id FROM ec_Column c JOIN ec_Table t ON "
      "t.Id=c.TableId WHERE t.Name='bis_Model' AND c.Name='Id') WHERE Id=(SELECT min(pm.Id) FROM "
      "ec_PropertyMap pm JOIN ec_PropertyPath pp ON pp.Id=pm.PropertyPathId WHERE pm.ClassId=" WID
      " AND pp.AccessString='ECInstanceId')" },
    { "the strength of a relationship",
      "UPDATE ec_Class SET RelationshipStrength=3 WHERE Name='RecordControlsWidgets'" },
    { "a constraint of no relationship",
      "UPDATE ec_RelationshipConstraint SET RelationshipClassId=" WID " WHERE Id=3" },
    { "a constraint of no relationship",
      "UPDATE ec_RelationshipConstraint SET RelationshipClassId=99999 WHERE Id=3" },
    { "a constraint of no relationship",
      "UPDATE ec_RelationshipConstraint SET RelationshipEnd=2 WHERE Id=3" },
    { "an end of a relationship stands twice",
      "DROP INDEX uix_ec_RelationshipConstraint_RelationshipClassId_RelationshipEnd;"
      "UPDATE ec_RelationshipConstraint SET RelationshipEnd=0" },
    { "a multiplicity",
      "UPDATE ec_RelationshipConstraint SET MultiplicityLowerLimit=-1 WHERE Id=3" },
    { "a multiplicity",
      "UPDATE ec_RelationshipConstraint SET MultiplicityUpperLimit=4294967297 WHERE Id=3" },
    { "an abstract constraint is missing",
      "UPDATE ec_RelationshipConstraint SET AbstractConstraintClassId=99999 WHERE Id=3" },
    { "a constraint class is missing",
      "UPDATE ec_RelationshipConstraintClass SET ClassId=99999 WHERE Id=3" },
    { "a constraint class is missing",
      "UPDATE ec_RelationshipConstraintClass SET ConstraintId=99999 WHERE Id=3" },
    { "a mapping of no class", "UPDATE ec_ClassMap SET ClassId=99999 WHERE ClassId=" WID },
    { "how a class is mapped", "UPDATE ec_ClassMap SET MapStrategy=4 WHERE ClassId=" WID },
};

static void test_catalog_of_a_damaged_file_is_refused_as_corrupt(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(damages); i++) {
        struct ec_fixture f;
        weh_err err;

        ec_fixture_open(&f, "small.bim", damages[i].sql);
        err = ec_fixture_acquire(&f);
        if (err != WEH_E_CORRUPT || strstr(f.diag.text, damages[i].what) == NULL) {
            fail_msg("%s: error %d, \"%s\"", damages[i].sql, err, f.diag.text);
        }
        assert_null(f.catalog);
        ec_fixture_close(&f);
    }
}

static void test_catalog_of_a_file_with_other_tables_fails(void **state)
{
    struct ec_fixture f;

    (void)state;
    ec_fixture_open(&f, "small.bim",
                    "ALTER TABLE ec_CustomAttribute RENAME COLUMN Instance TO Gone");
    assert_int_equal(ec_fixture_acquire(&f), WEH_E_DB);
    ec_fixture_close(&f);
}

static void test_catalog_function_of_the_scan_is_gone_afterwards(void **state)
{
    struct ec_fixture f;
    sqlite3_stmt *stmt = NULL;

    (void)state;
    ec_fixture_open(&f, "small.bim", NULL);
    assert_int_equal(ec_fixture_acquire(&f), WEH_OK);
    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f.briefcase),
                                        "SELECT weh_ec_row(Id) FROM ec_Enumeration", -1, &stmt,
                                        NULL),
                     SQLITE_ERROR);
    ec_fixture_close(&f);
}

/* Classes in a row, each deriving from the one before and adding properties: the inherited ones
 * grow with the square. Must be refused before it eats the memory. */
static void test_catalog_of_a_hierarchy_that_explodes_is_refused(void **state)
{
    struct ec_fixture f;

    (void)state;
    ec_fixture_open(
        &f, "empty.bim",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<6000) "
        "INSERT INTO ec_Class(Id,SchemaId,Name,Type,Modifier) SELECT 100000+i,1,'X'||i,0,0 FROM n;"
        "INSERT INTO ec_ClassHasBaseClasses(ClassId,BaseClassId,Ordinal) SELECT Id,Id-1,0 FROM "
        "ec_Class WHERE Id>100001;");
    assert_int_equal(ec_fixture_acquire(&f), WEH_E_CORRUPT);
    assert_non_null(strstr(f.diag.text, "too many base classes"));
    ec_fixture_close(&f);

    ec_fixture_open(
        &f, "empty.bim",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3500) "
        "INSERT INTO ec_Class(Id,SchemaId,Name,Type,Modifier) SELECT 100000+i,1,'X'||i,0,0 FROM n;"
        "INSERT INTO ec_ClassHasBaseClasses(ClassId,BaseClassId,Ordinal) SELECT Id,Id-1,0 FROM "
        "ec_Class WHERE Id>100001;"
        "INSERT INTO ec_Property(ClassId,Name,IsReadonly,Ordinal,Kind,PrimitiveType) SELECT Id,"
        "'P'||Id,0,0,0,2305 FROM ec_Class WHERE Id>100000;");
    assert_int_equal(ec_fixture_acquire(&f), WEH_E_CORRUPT);
    assert_non_null(strstr(f.diag.text, "too many properties"));
    ec_fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalog_of_a_damaged_file_is_refused_as_corrupt),
        cmocka_unit_test(test_catalog_of_a_file_with_other_tables_fails),
        cmocka_unit_test(test_catalog_function_of_the_scan_is_gone_afterwards),
        cmocka_unit_test(test_catalog_of_a_hierarchy_that_explodes_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
